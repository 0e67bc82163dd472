import { fork } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StateStore } from '../../src/state/state-store.js';
import { temporaryFolder } from '../temporary.js';

describe('a process that writes state and is killed', () => {
  it(
    'has lost no record that was acknowledged, however often it is killed',
    { timeout: 60_000 },
    async () => {
      const path = join(await temporaryFolder(), 'state.json');
      const acknowledged: string[] = [];
      for (let life = 0; life < 4; life++) {
        const child = fork(new URL('../fixtures/state-writer.ts', import.meta.url), [path, `life-${life}`], {
          execArgv: ['--conditions=@scale-cluster/source', '--import', 'tsx'],
        });
        const wanted = acknowledged.length + 40;
        await new Promise<void>((resolve, reject) => {
          child.once('error', reject);
          child.once('exit', () => resolve());
          child.on('message', (name: string) => {
            acknowledged.push(name);
            // In the middle of the writes that are under way.
            if (acknowledged.length >= wanted) child.kill('SIGKILL');
          });
        });
        const store = await StateStore.open({ path });
        const names = new Set([...store.records()].map((one) => one.name));
        expect(acknowledged.filter((name) => !names.has(name))).toEqual([]);
        await store.close();
      }
      expect(acknowledged.length).toBeGreaterThanOrEqual(160);
    },
  );
});
