import { describe, expect, it } from 'vitest';

import { allowedDifferences, isAllowedBy, unexpected } from './allowed.js';
import type { Difference } from './compare.js';
import { compare } from './compare.js';
import { scenarios } from './corpus/index.js';
import { startOurs } from './ours.js';
import { play } from './play.js';
import { readRecording } from './recording.js';

describe('the corpus', () => {
  const found: Difference[] = [];

  it.each(scenarios.map((scenario) => ({ name: scenario.name, scenario })))(
    'is answered as kube-apiserver answers it: $name',
    async ({ name, scenario }) => {
      const recording = readRecording(name);
      if (recording === undefined) throw new Error(`${name} is not recorded: see tools/differential`);
      const ours = await startOurs();
      try {
        const differences = compare(name, recording, await play(scenario, ours.client));
        found.push(...differences);
        expect(unexpected(differences)).toEqual([]);
      } finally {
        await ours.close();
      }
    },
  );

  it('has at least 400 steps', () => {
    const steps = scenarios.flatMap((scenario) => scenario.steps);
    expect(steps.length).toBeGreaterThanOrEqual(400);
  });

  it('needs each of at most 20 allowed differences', () => {
    expect(allowedDifferences.length).toBeLessThanOrEqual(20);
    const needless = allowedDifferences.filter(
      (allowed) => !found.some((difference) => isAllowedBy(allowed, difference)),
    );
    expect(needless).toEqual([]);
  });
});
