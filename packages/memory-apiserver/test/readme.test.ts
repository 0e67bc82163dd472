import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { ApiServer } from '../src/index.js';

it('the README’s example works', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const body = code
    .replace(/^import .*$/gm, '')
    .replace('createServer(', 'const http = createServer(')
    .replace(/\.listen\(8080, '127\.0\.0\.1'\)/, '');
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const run = new Function('createServer', 'ApiServer', `${body}; return { http, server };`) as (
    ...imports: unknown[]
  ) => { http: ReturnType<typeof createServer>; server: ApiServer };
  const { http, server } = run(createServer, ApiServer);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const get = async (path: string): Promise<{ metadata: { name: string } }> => {
    const headers = { Authorization: 'Bearer a-token' };
    return (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).json() as Promise<{
      metadata: { name: string };
    }>;
  };
  expect((await get('/api/v1/nodes/berlin-node')).metadata.name).toBe('berlin-node');
  expect((await get('/api/v1/namespaces/default/configmaps/note')).metadata.name).toBe('note');
  await server.close();
  http.closeAllConnections();
  http.close();
});
