import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

interface Running {
  child: ChildProcess;
  stdout: string;
  stderr: string;
  code: number | null;
}

interface Body {
  metadata: { name: string; uid: string };
  items: { metadata: { name: string }; status: { phase: string } }[];
  gitVersion: string;
}

let folder: string;
let kubeconfig: string;
const started: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'memory-apiserver-'));
  kubeconfig = join(folder, 'kubeconfig');
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** Resolves when it has said where it serves, or has ended. */
function start(...args: string[]): Promise<Running> {
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  const running: Running = { child, stdout: '', stderr: '', code: null };
  return new Promise((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      running.stdout += chunk.toString();
      if (running.stdout.includes('export KUBECONFIG=')) resolve(running);
    });
    child.stderr.on('data', (chunk: Buffer) => (running.stderr += chunk.toString()));
    child.on('close', (code) => resolve(Object.assign(running, { code })));
  });
}

const serve = (...args: string[]): Promise<Running> =>
  start('--port', '0', '--kubeconfig', kubeconfig, ...args);

function end({ child }: Running, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill(signal);
  });
}

/** As the kubeconfig says. */
function send(method: string, path: string, content?: unknown): Promise<Body> {
  const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8'));
  const { server, 'certificate-authority-data': ca } = clusters[0].cluster;
  return new Promise((resolve, reject) => {
    request(
      `${server}${path}`,
      {
        method,
        ca: Buffer.from(ca, 'base64'),
        agent: false,
        headers: { authorization: `Bearer ${users[0].user.token}`, 'content-type': 'application/json' },
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        response.on('end', () => resolve(JSON.parse(body) as Body));
      },
    )
      .on('error', reject)
      .end(content === undefined ? undefined : JSON.stringify(content));
  });
}

const note = (name: string): unknown => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
const NOTES = '/api/v1/namespaces/default/configmaps';
const names = ({ items }: Body): string[] => items.map(({ metadata }) => metadata.name);

/** Every start compiles the sources anew, which takes seconds on a busy machine. */
describe('memory-apiserver', { timeout: 60_000 }, () => {
  it('explains itself', async () => {
    const { stdout, code } = await start('--help');
    expect(stdout).toContain('--kubeconfig FILE');
    expect(code).toBe(0);
  });

  it('ends with 2 for a wrong command line and says what is wrong', async () => {
    const { stderr, stdout, code } = await start('--ports', '1');
    expect(stderr).toMatch(
      /^memory-apiserver: Unknown option '--ports'.*\nTry 'memory-apiserver --help'.\n$/,
    );
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('ends with 1 for objects that it can’t use', async () => {
    const file = join(folder, 'objects.yaml');
    writeFileSync(file, 'apiVersion: v1\nkind: ConfigMap\n---\napiVersion: v1\n');
    const { stderr, code } = await serve('--objects', file);
    expect(stderr).toBe(`memory-apiserver: ${file}, document 1: metadata.name is missing\n`);
    expect(code).toBe(1);
  });

  it('serves objects of a file, with pods that run on its nodes, until it is told to end', async () => {
    const file = join(folder, 'objects.yaml');
    writeFileSync(
      file,
      `apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: note, namespace: shop}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: nginx}]}
`,
    );
    const running = await serve('--nodes', '2', '--objects', file, '--version', 'v1.33.2+k3s1');
    expect(running.stdout).toContain(`export KUBECONFIG=${kubeconfig}\n`);
    expect((await send('GET', '/version')).gitVersion).toBe('v1.33.2+k3s1');
    expect(names(await send('GET', '/api/v1/nodes'))).toEqual(['node-1', 'node-2']);
    expect((await send('GET', '/api/v1/namespaces/shop/configmaps/note')).metadata.name).toBe('note');
    const { items } = await send('GET', '/api/v1/namespaces/shop/pods');
    expect(items.map(({ status }) => status.phase)).toEqual(['Running', 'Running', 'Running']);
    expect(await end(running, 'SIGINT')).toBe(0);
  });

  it('goes on with what it has kept after it was killed in the midst of a write', async () => {
    const data = join(folder, 'data');
    const first = await serve('--data', data, '--no-controllers');
    const created = await send('POST', NOTES, note('kept'));
    await send('POST', NOTES, note('removed'));
    await send('DELETE', `${NOTES}/removed`);
    await end(first, 'SIGKILL');
    appendFileSync(join(data, 'journal.ndjson'), '{"storage":"configmaps","na');
    const old = parse(readFileSync(kubeconfig, 'utf8')).users;
    const second = await serve('--data', data, '--no-controllers');
    const list = await send('GET', NOTES);
    expect(names(list)).toEqual(['kept']);
    expect(list.items[0]?.metadata).toMatchObject({ uid: created.metadata.uid });
    expect(parse(readFileSync(kubeconfig, 'utf8')).users).toEqual(old);
    expect(statSync(join(data, 'identity.json')).mode & 0o777).toBe(0o600);
    expect(statSync(join(data, 'journal.ndjson')).mode & 0o777).toBe(0o600);
    expect(await end(second)).toBe(0);
  });

  it('lets no second process use the folder in which it keeps a cluster', async () => {
    const data = join(folder, 'data');
    const first = await serve('--data', data);
    const second = await start('--port', '0', '--kubeconfig', join(folder, 'other'), '--data', data);
    expect(second.stderr).toBe(`memory-apiserver: another memory-apiserver is using ${data}\n`);
    expect(second.code).toBe(1);
    expect((await send('POST', NOTES, note('still'))).metadata.name).toBe('still');
    expect(await end(first)).toBe(0);
  });

  it('furnishes a cluster: figures for kubectl top, leases of its nodes, a storage class', async () => {
    const running = await serve('--nodes', '2');
    const nodes = ['node-1', 'node-2'];
    expect(names(await send('GET', '/apis/metrics.k8s.io/v1beta1/nodes'))).toEqual(nodes);
    expect(names(await send('GET', '/apis/coordination.k8s.io/v1/leases'))).toEqual(nodes);
    expect(names(await send('GET', '/apis/storage.k8s.io/v1/storageclasses'))).toEqual(['standard']);
    expect(await end(running)).toBe(0);
  });
});
