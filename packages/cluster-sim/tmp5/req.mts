// µs CPU per request by kind, behind Tls13Socket or a plain virtual socket, one process; the client's records are sealed before the clock starts.
import { randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { VirtualSocket } from '@scale-cluster/remotedialer';
import { loadTemplate } from '../src/template/load.js';
import { splitImportManifest } from '../src/agent-doings/import-manifest.js';
import { MemoryTemplate } from '../src/backend/memory-template.js';
import { Tls13Socket } from '../src/tls13/tls13-socket.js';
import { TrafficKeys } from '../src/tls13/traffic-keys.js';
import { RecordReader } from '../src/tls13/record-reader.js';
import { cipherSuites } from '../src/tls13/suites.js';
import { RequestCounts } from '../src/request-counts.js';

const mode = process.argv[2] ?? 'tls';
const N = Number(process.argv[3] ?? 2000);
const only = process.argv[4];
class Wire extends VirtualSocket {
  address = '10.43.0.1:443'; writes = 0; bytes = 0; onWrite: ((chunk: Buffer) => void) | undefined;
  constructor() { super({ writableHighWaterMark: 512 * 1024 }); }
  override _read() {}
  override _write(chunk: Buffer, _e: any, cb: any) { this.writes++; this.bytes += chunk.length; this.onWrite?.(chunk); cb(); }
  override _writev(chunks: { chunk: Buffer }[], cb: any) { for (const { chunk } of chunks) { this.bytes += chunk.length; this.onWrite?.(chunk); } this.writes++; cb(); }
}
const template = loadTemplate('/tmp/nonexistent-tpl/cluster.yaml');
const t = new MemoryTemplate(template, { tokenKey: 'x', metrics: true, now: Date.now, random: Math.random } as never);
const split = splitImportManifest(readFileSync('/tmp/act/manifest.yaml', 'utf8'))!;
const cluster: any = t.createCluster({ name: 'c-0', uid: 'u-0', createdAt: 1e12, caCert: 'x', tokens: { agent: { username: 'system:serviceaccount:cattle-system:cattle', groups: ['system:serviceaccounts', 'system:serviceaccounts:cattle-system'] } } } as never, { manifest: 'x', credentials: split.credentials, text: split.shared } as never);
const counts = new RequestCounts(); cluster.onRequest = (r: any) => counts.add(r);
const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0, noDelay: false });
server.on('request', (q, s) => cluster.handle(q, s));
const api = cluster.api;
for (let i = 0; i < 20; i++) api.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `cm-${i}`, namespace: 'default' }, data: { a: 'x'.repeat(100) } });
const sa = api.list('serviceaccounts', { namespace: 'cattle-system' }).find((s: any) => s.metadata.name === 'cattle');
const UA = 'rancher/v2.12.0 (linux/amd64) kubernetes/$Format cluster c-m-abcdefgh';
const PB = 'application/vnd.kubernetes.protobuf, application/json';
const base = (extra = '') => `Host: 10.43.0.1\r\nUser-Agent: ${UA}\r\nAuthorization: Bearer agent\r\n${extra}`;
const g = (path: string, extra = '') => `GET ${path} HTTP/1.1\r\n${base(extra)}Accept-Encoding: gzip\r\n\r\n`;
const impersonate = 'Impersonate-User: user-abcde\r\nImpersonate-Group: system:authenticated\r\nImpersonate-Group: system:cattle:authenticated\r\nImpersonate-Extra-Username: admin\r\nImpersonate-Extra-Principalid: local://user-abcde\r\n';
let seq = 0;
const kinds: Record<string, () => string> = {
  readyz: () => g('/readyz'),
  'get ns kube-system': () => g('/api/v1/namespaces/kube-system', 'Accept: application/json, */*\r\n'),
  'get ns pb': () => g('/api/v1/namespaces/kube-system', `Accept: ${PB}\r\n`),
  'get 404': () => g('/api/v1/namespaces/default/secrets/nope', 'Accept: application/json, */*\r\n'),
  'list nodes json': () => g('/api/v1/nodes?limit=500&resourceVersion=0', 'Accept: application/json, */*\r\n'),
  'list pods pb': () => g('/api/v1/pods?limit=500&resourceVersion=0', `Accept: ${PB}\r\n`),
  'list clusterroles json': () => g('/apis/rbac.authorization.k8s.io/v1/clusterroles?limit=500', 'Accept: application/json\r\n'),
  'list clusterroles pb': () => g('/apis/rbac.authorization.k8s.io/v1/clusterroles?limit=500', `Accept: ${PB}\r\n`),
  'get impersonated': () => g('/api/v1/namespaces/default', `Accept: application/json\r\n${impersonate}`),
  'discovery v1': () => g('/api/v1', 'Accept: application/json, */*\r\n'),
  'openapi v3 index': () => g('/openapi/v3', 'Accept: application/json, */*\r\n'),
  'create cm': () => { const b = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `n-${seq++}`, namespace: 'default' }, data: { a: 'b' } }); return `POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\n${base('Accept: application/json, */*\r\nContent-Type: application/json\r\n')}Content-Length: ${b.length}\r\n\r\n${b}`; },
};
function connect() {
  const wire = new Wire();
  let send = (b: Buffer) => { wire.push(b); }; let seal = (s: string) => Buffer.from(s);
  let socket: Duplex = wire;
  if (mode === 'tls') {
    const suite = cipherSuites.get(0x1301)!; const s1 = randomBytes(32), s2 = randomBytes(32);
    const client = new TrafficKeys(suite, s1);
    seal = (s) => { const b = Buffer.from(s); return client.seal(23, [b], b.length); };
    socket = new Tls13Socket(wire, { reading: new TrafficKeys(suite, s1), writing: new TrafficKeys(suite, s2), reader: new RecordReader() } as never);
  }
  socket.on('error', () => {});
  server.emit('connection', socket);
  return { wire, send, seal, socket };
}
async function run(name: string, make: () => string, n: number) {
  const c = connect();
  const requests = Array.from({ length: n }, () => c.seal(make()));
  const before = counts.figures.total;
  const done = async () => { };
  const w0 = c.wire.writes, b0 = c.wire.bytes; const cpu = process.cpuUsage();
  for (let i = 0; i < n; i++) {
    const target = before + i + 1;
    c.wire.push(requests[i]);
    let spins = 0;
    while ((counts as any).figuresTotal() < target) { await new Promise((r) => setImmediate(r)); if (++spins > 100000) throw new Error(name + ' hangs'); }
  }
  const used = process.cpuUsage(cpu);
  await done();
  c.socket.destroy();
  return { us: (used.user + used.system) / n, writes: (c.wire.writes - w0) / n, bytes: Math.round((c.wire.bytes - b0) / n) };
}
(counts as any).figuresTotal = () => (RequestCounts.prototype as any).total ?? countsTotal;
let countsTotal = 0; cluster.onRequest = (r: any) => { counts.add(r); countsTotal++; codes.set(r.code, (codes.get(r.code) ?? 0) + 1); };
const codes = new Map<number, number>();
(counts as any).figuresTotal = () => countsTotal;
for (const [name, make] of Object.entries(kinds)) {
  if (only !== undefined && name !== only) continue;
  countsTotal = counts.figures.total;
  const results = []; const n = /create/.test(name) ? Math.min(N, 500) : N;
  for (let r = 0; r < 4; r++) results.push(await run(name, make, n));
  const best = results.slice(1).sort((a, b) => a.us - b.us)[0]!;
  console.log(name.padEnd(24), best.us.toFixed(0).padStart(6), 'µs', best.writes.toFixed(1).padStart(5), 'writes', String(best.bytes).padStart(7), 'bytes', JSON.stringify([...codes])); codes.clear();
}
if (only === undefined || only === 'watch') {
  // short watches, then events to 4 watchers
  const open = Array.from({ length: 4 }, () => connect());
  for (const c of open) c.wire.push(c.seal(g('/api/v1/configmaps?watch=true&allowWatchBookmarks=true&resourceVersion=' + cluster.api.registry?.context.store.revision, 'Accept: application/json\r\n')));
  await new Promise((r) => setTimeout(r, 50));
  let writes0 = 0, us = Infinity, ev = 0;
  for (let r = 0; r < 4; r++) {
    const w0 = open.reduce((s, c) => s + c.wire.writes, 0); const cpu = process.cpuUsage();
    for (let i = 0; i < 500; i++) { api.patch('configmaps', 'default', 'cm-1', 'merge', { data: { a: `${r}-${i}` } }); await new Promise((r) => setImmediate(r)); }
    const u = process.cpuUsage(cpu); us = Math.min(us, (u.user + u.system) / 500); ev = (open.reduce((s, c) => s + c.wire.writes, 0) - w0) / 500;
  }
  for (const c of open) c.socket.destroy();
  await new Promise((r) => setTimeout(r, 50));
  let bare = Infinity;
  for (let r = 0; r < 4; r++) { const cpu = process.cpuUsage(); for (let i = 0; i < 500; i++) { api.patch('configmaps', 'default', 'cm-1', 'merge', { data: { a: `b${r}-${i}` } }); await new Promise((r) => setImmediate(r)); } const u = process.cpuUsage(cpu); bare = Math.min(bare, (u.user + u.system) / 500); }
  console.log('patch + 4 watch events', us.toFixed(0), 'µs, without watchers', bare.toFixed(0), 'µs → per event', ((us - bare) / 4).toFixed(1), 'µs,', ev / 4, 'writes per event and watcher');
  const starts = []; const N2 = 500;
  for (let r = 0; r < 4; r++) {
    const cs = Array.from({ length: N2 }, () => connect()); const reqs = cs.map((c) => c.seal(g('/api/v1/namespaces?watch=true&allowWatchBookmarks=true&timeoutSeconds=400&resourceVersion=0', 'Accept: application/json\r\n')));
    const cpu = process.cpuUsage(); for (let i = 0; i < N2; i++) { cs[i]!.wire.push(reqs[i]); if (i % 10 === 9) await new Promise((r) => setImmediate(r)); } await new Promise((r) => setImmediate(r));
    const u = process.cpuUsage(cpu); starts.push({ us: (u.user + u.system) / N2, writes: cs.reduce((s, c) => s + c.wire.writes, 0) / N2 });
    for (const c of cs) c.socket.destroy(); await new Promise((r) => setTimeout(r, 20));
  }
  console.log('watch start (ns, initial)', JSON.stringify(starts.map((s) => [Math.round(s.us), s.writes])));
}
await t.close(); process.exit(0);
