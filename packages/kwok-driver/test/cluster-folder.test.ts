import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { hasProc } from '../src/process-state.js';
import { fakeKwokctl } from './support/fake-kwokctl.js';
import { tempFolder } from './support/temp-folder.js';

const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A process as kwokctl leaves it: running in `cwd`, its number in the pid file of a component. */
async function component(cluster: string, name: string, cwd: string): Promise<ChildProcess> {
  await mkdir(join(cluster, 'pids'), { recursive: true });
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { cwd, stdio: 'ignore' });
  started.push(child);
  await once(child, 'spawn');
  await writeFile(join(cluster, 'pids', `${name}.pid`), String(child.pid));
  return child;
}

describe.skipIf(!hasProc)('the folder of a cluster', () => {
  it('counts processes that run in it, and no others that a pid file names', async () => {
    await using folder = await tempFolder();
    const driver = await fakeKwokctl(folder.path, '');
    const cluster = join(folder.path, 'clusters', 'a');
    await mkdir(cluster, { recursive: true });
    const etcd = await component(cluster, 'etcd', cluster);
    await component(cluster, 'kwok-controller', folder.path);
    await writeFile(join(cluster, 'pids', 'kube-apiserver.pid'), 'nonsense');
    expect(await driver.processes('a')).toEqual([{ component: 'etcd', pid: etcd.pid }]);
    expect(await driver.processes('unknown')).toEqual([]);
  });

  it('loses only the pid files of strangers before kwokctl stops the cluster', async () => {
    await using folder = await tempFolder();
    const cluster = join(folder.path, 'clusters', 'a');
    const pids = join(cluster, 'pids');
    // Ends the one process whose pid file is left, as kwokctl does.
    const body = `const fs = require('node:fs'); const left = fs.readdirSync(${JSON.stringify(pids)});
      console.log(left.join()); left.forEach((file) => process.kill(fs.readFileSync(${JSON.stringify(pids)} + '/' + file, 'utf8'), 9));`;
    const driver = await fakeKwokctl(folder.path, body);
    await mkdir(cluster, { recursive: true });
    const etcd = await component(cluster, 'etcd', cluster);
    const stranger = await component(cluster, 'kwok-controller', folder.path);
    const exit = once(etcd, 'exit');
    expect((await driver.stop('a')).stdout).toBe('etcd.pid\n');
    await exit;
    expect(stranger.exitCode).toBeNull();
    expect(stranger.signalCode).toBeNull();
  });

  it('is deleted with its processes even if kwokctl does not know the cluster', async () => {
    await using folder = await tempFolder();
    const driver = await fakeKwokctl(folder.path, '');
    const cluster = join(folder.path, 'clusters', 'a');
    await mkdir(cluster, { recursive: true });
    const etcd = await component(cluster, 'etcd', cluster);
    const exit = once(etcd, 'exit');
    expect(driver.state('a')).toBe('half');
    await driver.delete('a');
    expect(await exit).toEqual([null, 'SIGKILL']);
    expect(await readdir(join(folder.path, 'clusters'))).toEqual([]);
  });

  it('is deleted with a kwokctl that outlived whoever started it, and no other', async () => {
    await using folder = await tempFolder();
    const driver = await fakeKwokctl(folder.path, '');
    await mkdir(join(folder.path, 'clusters', 'a'), { recursive: true });
    const orphan = async (words: string[], workDir = folder.path): Promise<ChildProcess> => {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '--', ...words], {
        env: { ...process.env, KWOK_WORKDIR: workDir },
        stdio: 'ignore',
      });
      started.push(child);
      await once(child, 'spawn');
      return child;
    };
    const creation = await orphan(['create', 'cluster', '--name', 'a']);
    const others = await Promise.all([
      orphan(['create', 'cluster', '--name', 'b']),
      orphan(['create', 'cluster', '--name', 'a'], '/elsewhere'),
      orphan(['logs', 'audit', '--name', 'a']),
    ]);
    const exit = once(creation, 'exit');
    await driver.delete('a');
    expect(await exit).toEqual([null, 'SIGKILL']);
    for (const { exitCode, signalCode } of others) expect([exitCode, signalCode]).toEqual([null, null]);
  });

  it('tells the ports and the server that kwokctl wrote down', async () => {
    await using folder = await tempFolder();
    const driver = await fakeKwokctl(folder.path, '');
    const cluster = join(folder.path, 'clusters', 'a');
    await mkdir(cluster, { recursive: true });
    expect(await driver.ports('a')).toEqual({});
    expect(await driver.server('a')).toBeUndefined();
    await writeFile(
      join(cluster, 'kwok.yaml'),
      'components:\n- ports:\n  - hostPort: 1\noptions:\n  etcdPeerPort: 32766\n  kubeApiserverPort: 32764\n  securePort: false\n',
    );
    await writeFile(
      join(cluster, 'kubeconfig.yaml'),
      'clusters:\n- cluster:\n    server: http://127.0.0.1:32764\n',
    );
    expect(await driver.ports('a')).toEqual({ etcdPeer: 32766, kubeApiserver: 32764 });
    expect(await driver.server('a')).toBe('http://127.0.0.1:32764');
    expect(driver.state('a')).toBe('present');
  });
});
