import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  BinaryMissingError,
  ClusterExistsError,
  ClusterNotFoundError,
  CommandAbortedError,
  isPortFree,
  Kubectl,
  KwokctlDriver,
  PortInUseError,
} from '../../src/index.js';
import { realBinaries } from '../support/real-binaries.js';
import { tempFolder } from '../support/temp-folder.js';

const { binaries, skip } = realBinaries();
const name = 'driver-test';

const auditOfNodes = `apiVersion: audit.k8s.io/v1
kind: Policy
rules:
  - level: Metadata
    verbs: [create, patch, update, delete]
    resources: [{ group: "", resources: [nodes] }]
  - level: None
`;

/** Ports that nobody listens on now; all are held until all are known, so they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

describe.skipIf(skip)('kwokctl and kubectl', () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let driver: KwokctlDriver;
  let kubectl: Kubectl;
  let ports: { kubeApiserver: number; etcd: number; etcdPeer: number; kwokController: number };
  const commands: string[] = [];

  beforeAll(async () => {
    folder = await tempFolder();
    const [kubeApiserver, etcd, etcdPeer, kwokController] = (await freePorts(4)) as [
      number,
      number,
      number,
      number,
    ];
    ports = { kubeApiserver, etcd, etcdPeer, kwokController };
    driver = new KwokctlDriver({
      binaries,
      workDir: folder.path,
      onCommand: (line) => commands.push(line),
    });
    const auditPolicy = join(folder.path, 'audit-policy.yaml');
    await writeFile(auditPolicy, auditOfNodes);
    const disable = ['kube-controller-manager', 'kube-scheduler'] as const;
    await driver.create({ name, ports, disable, auditPolicy });
    kubectl = new Kubectl({ binaries, kubeconfig: driver.kubeconfigPath(name) });
  });

  afterAll(async () => {
    for (const left of await readdir(join(folder.path, 'clusters')).catch(() => [])) {
      await driver.delete(left, { ignoreNotFound: true });
    }
    await folder[Symbol.asyncDispose]();
  });

  it('tell their versions', async () => {
    expect(await driver.version()).toMatch(/^v\d+\.\d+\.\d+$/);
    expect(await kubectl.version()).toMatch(/^v\d+\.\d+\.\d+$/);
    expect(await kubectl.serverVersion()).toMatch(/^v1\./);
  });

  it('show the created cluster with its processes, on the ports that were given', async () => {
    expect(await driver.list()).toEqual([name]);
    expect(driver.state(name)).toBe('present');
    const components = await driver.components(name);
    expect(components.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'etcd running',
      'kube-apiserver running',
      'kwok-controller running',
    ]);
    const etcd = components.find((component) => component.name === 'etcd');
    const args = (await readFile(`/proc/${etcd!.pid}/cmdline`, 'utf8')).split('\0').join(' ');
    expect(args).toContain(`:${ports.etcd}`);
    expect(args).toContain(`:${ports.etcdPeer}`);
    expect(await driver.ports(name)).toMatchObject(ports);
    expect(await driver.server(name)).toBe(`https://127.0.0.1:${ports.kubeApiserver}`);
    const kubeconfig = await driver.kubeconfig(name, { user: 'someone', groups: ['some:group'] });
    expect(kubeconfig).toContain(`https://127.0.0.1:${ports.kubeApiserver}`);
    expect(kubeconfig).toContain('client-key-data');
  });

  it('audit by the policy that was given', async () => {
    const object = (kind: string): string =>
      JSON.stringify({ apiVersion: 'v1', kind, metadata: { name: 'audited' } });
    await kubectl.apply(object('Node'));
    await kubectl.apply(object('ConfigMap'));
    await vi.waitFor(async () => {
      const lines = (await driver.logs(name, 'audit')).trim().split('\n');
      const events = lines.map(
        (line) => JSON.parse(line) as { level: string; objectRef: { resource: string } },
      );
      expect(events.length).toBeGreaterThan(0);
      expect(new Set(events.map(({ level }) => level))).toEqual(new Set(['Metadata']));
      expect(new Set(events.map(({ objectRef }) => objectRef.resource))).toEqual(new Set(['nodes']));
    }, 20_000);
    await kubectl.run(['delete', 'node', 'audited']);
  });

  it('refuse to create what exists, and a port that is in use, without leaving anything', async () => {
    await expect(driver.create({ name })).rejects.toBeInstanceOf(ClusterExistsError);
    const create = driver.create({ name: 'second', ports: { kubeApiserver: ports.kubeApiserver } });
    await expect(create).rejects.toMatchObject({
      code: 'ERR_KWOK_PORT_IN_USE',
      port: ports.kubeApiserver,
      component: 'kube-apiserver',
    });
    await expect(create).rejects.toBeInstanceOf(PortInUseError);
    expect(driver.state('second')).toBe('absent');
  });

  it('scale nodes that KWOK makes ready', async () => {
    await driver.scale(name, { resource: 'node', replicas: 2, name: 'worker' });
    expect(await kubectl.wait('node', { for: 'condition=Ready', selector: 'type=kwok' })).toBe(true);
    const nodes = await kubectl.list('nodes');
    expect(nodes.map((node) => node.metadata?.name)).toEqual(['worker-000000', 'worker-000001']);
  });

  it('apply, get, patch a status and wait', async () => {
    const manifest = `apiVersion: v1\nkind: Secret\nmetadata: { name: s, namespace: default }\nstringData: { key: hidden-value }\n`;
    await kubectl.apply(manifest);
    const secret = await kubectl.get('secret', 's', { namespace: 'default' });
    expect(secret?.['data']).toEqual({ key: Buffer.from('hidden-value').toString('base64') });
    expect(await kubectl.get('secret', 'unknown', { namespace: 'default' })).toBeUndefined();
    expect(commands.join('\n')).not.toContain('hidden-value');

    await kubectl.patchStatus('node', 'worker-000000', { status: { capacity: { cpu: '77' } } });
    const node = await kubectl.get<{ apiVersion: string; kind: string; status: { capacity: object } }>(
      'node',
      'worker-000000',
    );
    expect(node?.status.capacity).toMatchObject({ cpu: '77' });
    const never = kubectl.wait('node/worker-000000', { for: 'condition=Ready=False', waitMs: 200 });
    expect(await never).toBe(false);
  });

  it('pass kubectl and etcdctl through', async () => {
    const { stdout } = await driver.kubectl(name, ['get', 'nodes', '--output', 'name']);
    expect(stdout).toContain('node/worker-000000');
    const version = driver.etcdctl(name, ['version']);
    if (binaries.find('etcdctl') === undefined) {
      // kwokctl tries to download it, which works where there is an internet.
      await version.then(
        ({ stdout }) => expect(stdout).toContain('etcdctl version'),
        (error) => expect(error).toBeInstanceOf(BinaryMissingError),
      );
    } else expect((await version).stdout).toContain('etcdctl version');
  });

  it('give logs, once and as they come', async () => {
    expect(await driver.logs(name, 'etcd')).toContain(String(ports.etcd));
    const stop = new AbortController();
    for await (const line of driver.followLogs(name, 'etcd', stop.signal)) {
      expect(line).not.toBe('');
      stop.abort();
    }
    for await (const line of driver.followLogs(name, 'etcd')) {
      expect(line).not.toBe('');
      break;
    }
  });

  it('save, restore and export snapshots', async () => {
    const path = join(folder.path, 'snapshot.yaml');
    await driver.saveSnapshot(name, path, { format: 'k8s', filter: ['node'] });
    expect(await readFile(path, 'utf8')).toContain('worker-000001');
    await driver.scale(name, { resource: 'node', replicas: 0, name: 'worker' });
    expect(await kubectl.list('nodes')).toEqual([]);
    await driver.restoreSnapshot(name, path, { format: 'k8s', filter: ['node'] });
    expect(await kubectl.list('nodes')).toHaveLength(2);
    const exported = join(folder.path, 'export.yaml');
    await driver.exportSnapshot({
      kubeconfig: driver.kubeconfigPath(name),
      path: exported,
      filter: ['node'],
    });
    expect(await readFile(exported, 'utf8')).toContain('worker-000001');
  });

  it('see a killed component, and start brings it back with its data', async () => {
    const apiserver = (await driver.components(name)).find((one) => one.name === 'kube-apiserver');
    process.kill(apiserver!.pid!, 'SIGKILL');
    await expect
      .poll(async () => (await driver.components(name)).find((one) => one.name === 'kube-apiserver')?.status)
      .toBe('stopped');
    await driver.start(name);
    expect(await kubectl.list('nodes')).toHaveLength(2);
  });

  it('neither trust nor kill a process that only has the number in a pid file', async () => {
    await driver.stop(name);
    const pidFile = join(folder.path, 'clusters', name, 'pids', 'etcd.pid');
    await writeFile(pidFile, String(process.pid));
    expect(await driver.processes(name)).toEqual([]);
    await driver.stop(name);
    await writeFile(pidFile, String(process.pid));
    await driver.start(name);
    expect((await driver.components(name)).map(({ status }) => status)).toEqual([
      'running',
      'running',
      'running',
    ]);
  });

  it('name the port that another process took while the cluster was stopped', async () => {
    await driver.stop(name);
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(ports.etcd, '0.0.0.0', resolve));
    try {
      await expect(driver.start(name)).rejects.toMatchObject({
        code: 'ERR_KWOK_PORT_IN_USE',
        port: ports.etcd,
      });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    await driver.start(name);
    expect(await kubectl.list('nodes')).toHaveLength(2);
  });

  it('leave nothing of a creation that was aborted, or cut off earlier', async () => {
    const stop = new AbortController();
    const create = driver.create({ name: 'aborted' }, { signal: stop.signal });
    create.catch(() => undefined);
    await expect.poll(() => driver.processes('aborted'), { timeout: 60_000 }).not.toEqual([]);
    const processes = await driver.processes('aborted');
    stop.abort();
    await expect(create).rejects.toBeInstanceOf(CommandAbortedError);
    expect(driver.state('aborted')).toBe('absent');
    for (const { pid } of processes) expect(await isGone(pid)).toBe(true);

    await mkdir(join(folder.path, 'clusters', 'half', 'pids'), { recursive: true });
    expect(driver.state('half')).toBe('half');
    await driver.delete('half');
    expect(driver.state('half')).toBe('absent');
  });

  it('know no other cluster', async () => {
    await expect(driver.components('nobody')).rejects.toBeInstanceOf(ClusterNotFoundError);
    await expect(driver.start('nobody')).rejects.toBeInstanceOf(ClusterNotFoundError);
    await expect(driver.delete('nobody')).rejects.toBeInstanceOf(ClusterNotFoundError);
    await driver.delete('nobody', { ignoreNotFound: true });
  });

  it('delete the cluster with its processes and its folder', async () => {
    const processes = await driver.processes(name);
    expect(processes).toHaveLength(3);
    await driver.delete(name);
    expect(existsSync(join(folder.path, 'clusters', name))).toBe(false);
    expect(await driver.list()).toEqual([]);
    for (const port of Object.values(ports)) expect(await isPortFree(port)).toBe(true);
    for (const { pid } of processes) expect(await isGone(pid)).toBe(true);
  });
});

/** Whether there is nothing of a process but, at most, a zombie that this machine's init hasn't collected. */
async function isGone(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => 'State:\tZ');
  return /^State:\tZ/m.test(status);
}
