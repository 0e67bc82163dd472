import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseTemplate } from '../../src/template/load.js';
import { tryTemplate } from '../../src/template/trial.js';

const folder = new URL('../../../../examples/templates/', import.meta.url);

it.each([
  ['k3s.yaml', 'v1.33.5+k3s1'],
  ['rke2.yaml', 'v1.33.5+rke2r1'],
  ['eks.yaml', 'v1.33.5-eks-113cf36'],
  ['plain.yaml', 'v1.33.5'],
])('the example %s makes clusters of Kubernetes %s whose workloads run', (file, version) => {
  const template = parseTemplate(readFileSync(new URL(file, folder), 'utf8'), file, Date.UTC(2026, 0, 1));
  expect(template).toMatchObject({ version, nodeCount: 2 });
  const { podPhases } = tryTemplate(template, file);
  expect([...podPhases.keys()]).toEqual(['Running']);
  expect(podPhases.get('Running')).toBeGreaterThanOrEqual(4);
});

it('no example is left out here', () => {
  expect(readdirSync(folder).sort()).toEqual(['eks.yaml', 'k3s.yaml', 'plain.yaml', 'rke2.yaml']);
});
