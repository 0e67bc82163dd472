import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ask } from './support/api-client.js';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

function run(...args: string[]) {
  const node = ['--conditions=@scale-cluster/source', '--import', 'tsx', main, ...args];
  return spawn(process.execPath, node, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FAKE_RANCHER_TOKEN: 'token-env:secret' },
  });
}

describe('fake-rancher', () => {
  it('says where it is, serves, and ends cleanly on SIGTERM', async () => {
    const child = run('--json');
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ready = JSON.parse(String((await lines.next()).value));
    expect(ready).toMatchObject({
      token: 'token-env:secret',
      pid: child.pid,
      url: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/),
    });
    const caCert = await readFile(ready.caCertFile as string, 'utf8');
    expect((await ask({ ...ready, caCert }, 'GET', '/v3/clusters')).status).toBe(200);
    child.kill('SIGTERM');
    expect(JSON.parse(String((await lines.next()).value))).toEqual({ violations: [] });
    expect(await once(child, 'exit')).toEqual([0, null]);
    await expect(access(ready.caCertFile as string)).rejects.toThrow('ENOENT');
  });

  it('tells in one sentence what is wrong with its options', async () => {
    for (const args of [['--port', 'x'], ['--nonsense']]) {
      const child = run(...args);
      let errors = '';
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      expect(await once(child, 'exit')).toEqual([2, null]);
      expect(errors).toMatch(/^fake-rancher: .+\n$/);
    }
  });
});
