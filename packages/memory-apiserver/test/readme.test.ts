import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiServer, Cluster, LocalServer } from '../src/index.js';
import { createApiServer } from '../src/index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);

interface Parts {
  server: ApiServer;
  cluster: Cluster;
  local: LocalServer;
  http: Server;
}

/** Runs an example as it stands, but for its imports, and answers what it has named so. */
async function run(index: number, ...names: (keyof Parts)[]): Promise<Parts> {
  const body = (examples[index] ?? '').replace(/^import .*$/gm, '').replace("'kubeconfig'", 'kubeconfigFile');
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const example = new Function(
    'createServer',
    'createApiServer',
    'kubeconfigFile',
    'console',
    `return (async () => { ${body}; return { ${names.join(', ')} }; })()`,
  ) as (...imports: unknown[]) => Promise<Parts>;
  return example(createServer, createApiServer, join(folder, 'kubeconfig'), {
    log: (line: string) => printed.push(line),
  });
}

let folder: string;
let printed: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'memory-apiserver-'));
  printed = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the README’s example', () => {
  it('of a first cluster serves it and writes a kubeconfig', async () => {
    const { server, cluster, local } = await run(0, 'server', 'cluster', 'local');
    expect(readFileSync(join(folder, 'kubeconfig'), 'utf8')).toBe(local.kubeconfig);
    expect(printed[0]).toContain(local.url);
    expect(cluster.api.get('configmaps', 'default', 'note')).toMatchObject({ data: { text: 'hello' } });
    await local.close();
    await server.close();
  });

  it('of many clusters serves each by one server', async () => {
    const { server, http } = await run(1, 'server', 'http');
    if (!http.listening) await new Promise((resolve) => http.once('listening', resolve));
    const { port } = http.address() as AddressInfo;
    for (const name of ['berlin', 'paris']) {
      const headers = { Authorization: 'Bearer a-token' };
      const answer = await fetch(`http://127.0.0.1:${port}/${name}/api/v1/nodes/${name}-node`, { headers });
      expect(answer.status).toBe(200);
      await answer.text();
    }
    expect((await fetch(`http://127.0.0.1:${port}/rome/api`)).status).toBe(404);
    await server.close();
    http.closeAllConnections();
    http.close();
  });

  it('of a snapshot goes back to it', async () => {
    const { server, cluster } = await run(2, 'server', 'cluster');
    expect(cluster.api.find('namespaces', undefined, 'test')).toBeUndefined();
    await server.close();
  });
});
