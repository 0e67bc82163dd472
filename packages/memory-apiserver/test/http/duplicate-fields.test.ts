import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from './test-cluster.js';
import { MAPS, TestCluster } from './test-cluster.js';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.start();
});
afterAll(async () => {
  await cluster.close();
});

const twice = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"},"data":{"a":"1","a":"2"}}';
const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata:\n  a: "1"\n  a: "2"\n';

const send = (method: string, path: string, type: string, body: string): Promise<Answer> =>
  cluster.send(method, path, { body, headers: { 'Content-Type': type } });

describe('a field that comes twice', () => {
  it('is warned of, and the last one counts', async () => {
    const { code, headers, body } = await send('POST', `${MAPS}?dryRun=All`, 'application/json', twice);
    expect([code, body.data]).toEqual([201, { a: '2' }]);
    expect(headers.get('warning')).toBe('299 - "duplicate field \\"data.a\\""');
  });

  it('is refused or ignored as the request asks', async () => {
    const refused = await send('POST', `${MAPS}?fieldValidation=Strict`, 'application/json', twice);
    expect([refused.code, refused.body.message]).toEqual([
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data.a"',
    ]);
    const query = '?dryRun=All&fieldValidation=Ignore';
    const ignored = await send('POST', `${MAPS}${query}`, 'application/json', twice);
    expect([ignored.code, ignored.headers.get('warning')]).toEqual([201, null]);
  });

  it('is told of by its line in YAML', async () => {
    const warned = await send('POST', `${MAPS}?dryRun=All`, 'application/yaml', yaml);
    expect(warned.headers.get('warning')).toBe('299 - "line 6: key \\"a\\" already set in map"');
    const apply = `${MAPS}/m?fieldManager=me&fieldValidation=Strict`;
    const refused = await send('PATCH', apply, 'application/apply-patch+yaml', yaml);
    expect([refused.code, refused.body.message]).toEqual([
      400,
      'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 6: key "a" already set in map',
    ]);
  });

  it('is refused in a patch', async () => {
    await send('POST', MAPS, 'application/json', twice.replace('"m"', '"patched"'));
    const path = `${MAPS}/patched?fieldValidation=Strict`;
    const merge = await send('PATCH', path, 'application/merge-patch+json', '{"data":{"b":"1","b":"2"}}');
    expect([merge.code, merge.body.message]).toEqual([
      422,
      expect.stringContaining('strict decoding error: duplicate field "data.b"'),
    ]);
    const operation = '[{"op":"add","op":"remove","path":"/data/a"}]';
    const json = await send('PATCH', path, 'application/json-patch+json', operation);
    expect(json.body.message).toContain('json patch duplicate field "[0].op"');
  });
});
