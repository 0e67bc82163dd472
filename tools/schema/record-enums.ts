/**
 * Records the enums that a real kube-apiserver publishes in `/openapi/v3`: writes `test/fixtures/enums-1.34.json` of
 * memory-apiserver.
 *
 * Usage: `node --import tsx tools/schema/record-enums.ts`; it starts a kube-apiserver itself, see
 * `tools/kube-binaries`.
 */
import { writeFileSync } from 'node:fs';

import { publishedEnums } from '../../packages/memory-apiserver/test/codec/published-enums.js';
import { startKubeApiserver } from '../differential/kube-apiserver.js';

const target = new URL('../../packages/memory-apiserver/test/fixtures/enums-1.34.json', import.meta.url);

const server = await startKubeApiserver();
const get = async (path: string): Promise<unknown> =>
  JSON.parse((await server.client.send({ method: 'GET', path })).body.toString());
try {
  const { paths } = (await get('/openapi/v3')) as { paths: Record<string, unknown> };
  const schemas = {};
  for (const path of Object.keys(paths)) {
    const { components } = (await get(`/openapi/v3/${path}`)) as { components?: { schemas?: object } };
    Object.assign(schemas, components?.schemas);
  }
  const rows = Object.entries(publishedEnums(schemas)).map((row) => row.map((part) => JSON.stringify(part)));
  writeFileSync(target, `{\n${rows.map((row) => row.join(': ')).join(',\n')}\n}\n`);
} finally {
  await server.close();
}
