/**
 * Records what a real kube-apiserver makes of the objects in `test/fixtures/objects.yaml` of memory-apiserver: the
 * object as created (defaults) and as printed (table row). Writes `objects-1.34.json` beside it. And what it has
 * against those in `invalid.json`: writes `refusals-1.34.json`.
 *
 * Usage: `node --import tsx tools/schema/record.ts http://127.0.0.1:8001`, the address of a `kubectl proxy` to a
 * scratch cluster without controllers. Everything created is deleted again.
 */
import { readFileSync, writeFileSync } from 'node:fs';

import { parseAllDocuments } from 'yaml';

interface Recorded {
  apiVersion: string;
  kind: string;
  metadata: Record<string, unknown> & { name: string; namespace?: string };
  status?: unknown;
}

const server = process.argv[2] ?? 'http://127.0.0.1:8001';
const fixtures = new URL('../../packages/memory-apiserver/test/fixtures/', import.meta.url);
const inputs = parseAllDocuments(readFileSync(new URL('objects.yaml', fixtures), 'utf8')).map(
  (document) => document.toJS() as Recorded,
);

async function call(
  method: string,
  path: string,
  body?: unknown,
  accept = 'application/json',
): Promise<unknown> {
  const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const response = await fetch(`${server}${path}`, {
    method,
    headers: { accept, 'content-type': contentType },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  if (!response.ok && response.status !== 404)
    throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}

const roots = new Map<string, Map<string, { name: string; namespaced: boolean }>>();

async function collectionOf(object: Recorded): Promise<string> {
  const root = object.apiVersion === 'v1' ? '/api/v1' : `/apis/${object.apiVersion}`;
  let kinds = roots.get(root);
  if (kinds === undefined) {
    const list = (await call('GET', root)) as {
      resources: { name: string; kind: string; namespaced: boolean }[];
    };
    kinds = new Map(list.resources.filter(({ name }) => !name.includes('/')).map((row) => [row.kind, row]));
    roots.set(root, kinds);
  }
  const row = kinds.get(object.kind);
  if (row === undefined) throw new Error(`${object.kind} is not served`);
  return `${root}${row.namespaced ? `/namespaces/${object.metadata.namespace ?? 'default'}` : ''}/${row.name}`;
}

interface Table {
  columnDefinitions: { name: string }[];
  rows: { cells: unknown[] }[];
}

/** The object with the table made of it; again if it changed meanwhile, or the second that ages are told in. */
async function read(path: string): Promise<{ object: Recorded; table: Table; now: number }> {
  for (;;) {
    const object = (await call('GET', path)) as Recorded;
    const now = Date.now();
    const table = (await call(
      'GET',
      path,
      undefined,
      'application/json;as=Table;v=v1;g=meta.k8s.io',
    )) as Table;
    const sameSecond = Math.floor(now / 1000) === Math.floor(Date.now() / 1000);
    const after = (await call('GET', path)) as Recorded;
    const same = object.metadata['resourceVersion'] === after.metadata['resourceVersion'];
    if (same && sameSecond) return { object, table, now };
  }
}

/** What is answered to an object that must not be created. */
async function refusal(input: Recorded): Promise<unknown> {
  const response = await fetch(`${server}${await collectionOf(input)}?dryRun=All`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  const { code, reason, message, details } = (await response.json()) as Record<string, unknown>;
  if (response.ok) throw new Error(`${input.kind} is accepted: ${JSON.stringify(input)}`);
  return { code, reason, message, causes: (details as { causes?: unknown } | undefined)?.causes };
}

const made: string[] = [];
const refusals: unknown[] = [];
const records: unknown[] = [];
try {
  for (const input of inputs) {
    const collection = await collectionOf(input);
    const created = (await call('POST', collection, input)) as Recorded;
    const path = `${collection}/${input.metadata.name}`;
    made.unshift(path);
    if (input.status !== undefined) await call('PUT', `${path}/status`, { ...created, status: input.status });
    const { object: printed, table, now } = await read(path);
    const response = await fetch(`${server}${path}`, {
      headers: { accept: 'application/vnd.kubernetes.protobuf' },
    });
    const protobuf = Buffer.from(await response.arrayBuffer()).toString('base64');
    records.push({
      input,
      created: { ...created, metadata: { ...created.metadata, managedFields: undefined } },
      protobuf,
      printed,
      columns: table.columnDefinitions.map(({ name }) => name),
      cells: table.rows[0]?.cells,
      now,
    });
  }
  const invalid = JSON.parse(readFileSync(new URL('invalid.json', fixtures), 'utf8')) as Recorded[];
  for (const input of invalid) refusals.push(await refusal(input));
} finally {
  // Without controllers nothing else takes finalizers away.
  for (const path of made) {
    await call('DELETE', `${path}?gracePeriodSeconds=0&propagationPolicy=Background`);
    await call('PATCH', path, { metadata: { finalizers: null } });
  }
  for (const { kind, metadata } of inputs)
    if (kind === 'Namespace')
      await call('PUT', `/api/v1/namespaces/${metadata.name}/finalize`, {
        kind,
        metadata,
        spec: { finalizers: [] },
      });
}
writeFileSync(new URL('objects-1.34.json', fixtures), `${JSON.stringify(records, null, 1)}\n`);
writeFileSync(new URL('refusals-1.34.json', fixtures), `${JSON.stringify(refusals, null, 1)}\n`);
