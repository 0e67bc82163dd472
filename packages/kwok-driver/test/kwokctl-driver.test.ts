import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  BinaryMissingError,
  Binaries,
  BinaryVersionError,
  ClusterExistsError,
  ClusterNotFoundError,
  ClusterNotReadyError,
  CommandAbortedError,
  CommandError,
  CommandTimeoutError,
  KwokctlDriver,
  OptionsError,
  PortInUseError,
} from '../src/index.js';
import { fakeKwokctl, logLine } from './support/fake-kwokctl.js';
import { tempFolder } from './support/temp-folder.js';

function printing(line: string, exitCode: number): string {
  return `print(${JSON.stringify(line)}); process.exitCode = ${exitCode};`;
}

describe('errors', () => {
  it('an unknown cluster is a ClusterNotFoundError', async () => {
    await using folder = await tempFolder();
    const lines = `${logLine('WARN', 'Cluster does not exist')}\n${logLine('ERROR', 'Execute exit', 'stat x')}`;
    const driver = await fakeKwokctl(folder.path, printing(lines, 1));
    const stop = driver.stop('a');
    await expect(stop).rejects.toBeInstanceOf(ClusterNotFoundError);
    await expect(stop).rejects.toMatchObject({ code: 'ERR_KWOK_CLUSTER_NOT_FOUND', cluster: 'a' });
  });

  it('deleting an unknown cluster is one, too, although kwokctl exits with 0, unless that is fine', async () => {
    await using folder = await tempFolder();
    const driver = await fakeKwokctl(folder.path, printing(logLine('WARN', 'Cluster does not exist'), 0));
    await expect(driver.delete('a')).rejects.toBeInstanceOf(ClusterNotFoundError);
    await expect(driver.delete('a', { ignoreNotFound: true })).resolves.toMatchObject({ ran: true });
  });

  it('a port that is in use is a PortInUseError', async () => {
    await using folder = await tempFolder();
    const err = 'listen tcp 127.0.0.1:6443: bind: address already in use';
    const driver = await fakeKwokctl(folder.path, printing(logLine('ERROR', 'Execute exit', err), 1));
    await expect(driver.create({ name: 'a' })).rejects.toMatchObject({
      code: 'ERR_KWOK_PORT_IN_USE',
      port: 6443,
    });
  });

  it('a port that is in use is found before kwokctl runs when it was asked for', async () => {
    await using folder = await tempFolder();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const commands: string[] = [];
    const driver = await fakeKwokctl(folder.path, '', { onCommand: (line) => commands.push(line) });
    const create = driver.create({ name: 'a', ports: { etcd: port } });
    await expect(create).rejects.toBeInstanceOf(PortInUseError);
    await expect(create).rejects.toMatchObject({ port, component: 'etcd', cluster: 'a' });
    expect(commands).toEqual([]);
    await new Promise((resolve) => server.close(resolve));
  });

  it('a download that failed is a BinaryMissingError with the name of what is missing', async () => {
    await using folder = await tempFolder();
    const err = 'Get "https://dl.k8s.io/release/v1.36.1/bin/linux/amd64/kube-apiserver": no such host';
    const driver = await fakeKwokctl(folder.path, printing(logLine('ERROR', 'Execute exit', err), 1));
    await expect(driver.create({ name: 'a' })).rejects.toMatchObject({
      code: 'ERR_KWOK_BINARY_MISSING',
      binary: 'kube-apiserver',
    });
  });

  it('any other failure is a CommandError with exit code, command and what kwokctl said', async () => {
    await using folder = await tempFolder();
    const line = logLine('ERROR', 'Execute exit', 'component not found: x');
    const driver = await fakeKwokctl(folder.path, printing(line, 3));
    const error: unknown = await driver.logs('a', 'x').catch((error: unknown) => error);
    expect(error).toBeInstanceOf(CommandError);
    expect(error).toMatchObject({ code: 'ERR_KWOK_COMMAND', exitCode: 3, cluster: 'a' });
    expect((error as CommandError).message).toMatch(/logs x --name a: component not found: x$/);
  });

  it('a cluster that never got ready is a ClusterNotReadyError although kwokctl exits with 0', async () => {
    await using folder = await tempFolder();
    const line = logLine('ERROR', 'Failed to wait for cluster to be ready', 'timed out');
    const driver = await fakeKwokctl(folder.path, printing(line, 0));
    await expect(driver.start('a')).rejects.toBeInstanceOf(ClusterNotReadyError);
  });

  it('a cluster that exists is a ClusterExistsError, seen by us or said by kwokctl, and is kept', async () => {
    await using folder = await tempFolder();
    const driver = await fakeKwokctl(folder.path, printing(logLine('INFO', 'Cluster already exists'), 0));
    await expect(driver.create({ name: 'a' })).rejects.toBeInstanceOf(ClusterExistsError);
    await mkdir(join(folder.path, 'clusters', 'b'), { recursive: true });
    await writeFile(join(folder.path, 'clusters', 'b', 'kwok.yaml'), '');
    await expect(driver.create({ name: 'b' })).rejects.toBeInstanceOf(ClusterExistsError);
    expect(driver.state('b')).toBe('present');
  });

  it('a kwokctl that is missing, too old or something else says what to do', async () => {
    await using folder = await tempFolder();
    const missing = new KwokctlDriver({ binaries: new Binaries({ folders: [], env: {} }) });
    await expect(missing.version()).rejects.toBeInstanceOf(BinaryMissingError);
    const old = await fakeKwokctl(folder.path, '', { version: 'kwokctl version v0.6.1' });
    const list = old.list();
    await expect(list).rejects.toBeInstanceOf(BinaryVersionError);
    await expect(list).rejects.toThrow(/v0\.6\.1 .* is older than v0\.7\.0; upgrade it/);
    const other = await fakeKwokctl(folder.path, '', { version: 'hello' });
    await expect(other.list()).rejects.toThrow(/tells no version but "hello/);
  });
});

describe('ending a command', () => {
  const stubborn = `process.on('SIGINT', () => print('got SIGINT')); setInterval(() => {}, 1000); print('up');`;

  it('a command that takes too long gets SIGINT, then SIGKILL', async () => {
    await using folder = await tempFolder();
    const driver = await fakeKwokctl(folder.path, stubborn, { forceKillAfterMs: 1000 });
    await driver.version();
    const error: unknown = await driver.stop('a', { timeoutMs: 3000 }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(CommandTimeoutError);
    expect((error as CommandTimeoutError).stderrTail).toBe('up\ngot SIGINT\n');
    expect((error as CommandTimeoutError).message).toContain('not done within 3000 ms');
  });

  it("a command ends with the caller's signal", async () => {
    await using folder = await tempFolder();
    const polite = `require('node:fs').writeFileSync(${JSON.stringify(join(folder.path, 'up'))}, '');
      process.on('SIGINT', () => process.exit(0)); setInterval(() => {}, 1000);`;
    const driver = await fakeKwokctl(folder.path, polite, { forceKillAfterMs: 60_000 });
    const stop = new AbortController();
    const running = driver.stop('a', { signal: stop.signal });
    running.catch(() => undefined);
    await expect.poll(() => readdir(folder.path)).toContain('up');
    stop.abort();
    await expect(running).rejects.toBeInstanceOf(CommandAbortedError);
  });

  it('followed lines come one by one; leaving the loop ends the command', async () => {
    await using folder = await tempFolder();
    const pidFile = join(folder.path, 'pid');
    const body = `require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid));
      console.log('one'); console.log('two'); setInterval(() => {}, 1000);`;
    const driver = await fakeKwokctl(folder.path, body);
    const seen: string[] = [];
    for await (const line of driver.followLogs('a', 'etcd')) {
      seen.push(line);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual(['one', 'two']);
    const pid = Number(await readFile(pidFile, 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow();
  });

  it('following a component that fails throws after its lines', async () => {
    await using folder = await tempFolder();
    const line = logLine('ERROR', 'Execute exit', 'component not found: x');
    const driver = await fakeKwokctl(folder.path, `console.log('one'); ${printing(line, 1)}`);
    const seen: string[] = [];
    const follow = async () => {
      for await (const line of driver.followLogs('a', 'x')) seen.push(line);
    };
    await expect(follow()).rejects.toThrow('component not found: x');
    expect(seen).toEqual(['one']);
  });
});

describe('what reaches the command', () => {
  it('a dry run returns each command that would change something and runs none', async () => {
    await using folder = await tempFolder();
    const commands: string[] = [];
    const onCommand = (line: string) => commands.push(line);
    const driver = await fakeKwokctl(folder.path, `throw new Error()`, { dryRun: true, onCommand });
    const result = await driver.create({
      name: 'a',
      ports: { kubeApiserver: 6443 },
      disable: ['kube-scheduler'],
      secure: false,
      extraArgs: { etcd: { 'log-level': 'warn' } },
    });
    expect(result).toMatchObject({ ran: false, stdout: '' });
    expect(result.command).toBe(
      `${join(folder.path, 'kwokctl.cjs')} create cluster --name a --runtime binary --wait 120s --kubeconfig '' ` +
        `--kube-apiserver-port 6443 --disable kube-scheduler --secure-port=false --extra-args etcd=log-level=warn`,
    );
    expect((await driver.scale('a', { resource: 'node', replicas: 3 })).command).toMatch(
      /scale node --name a --replicas 3$/,
    );
    expect((await driver.delete('a')).ran).toBe(false);
    expect(commands).toHaveLength(3);
  });

  it('commands get no variable of ours but those they need', async () => {
    await using folder = await tempFolder();
    const env = { HOME: '/h', SCALE_AGENT_TOKEN: 'secret', HTTPS_PROXY: 'http://p', KWOK_WORKDIR: '/other' };
    const driver = await fakeKwokctl(folder.path, `console.log(JSON.stringify(process.env));`, { env });
    const seen = JSON.parse(await driver.kubeconfig('a')) as Record<string, string>;
    expect(seen).toMatchObject({ HOME: '/h', HTTPS_PROXY: 'http://p', KWOK_WORKDIR: folder.path });
    expect(seen).not.toHaveProperty('SCALE_AGENT_TOKEN');
  });

  it('input goes to stdin, and secrets on the command line are refused without being repeated', async () => {
    await using folder = await tempFolder();
    const driver = await fakeKwokctl(folder.path, `process.stdin.pipe(process.stdout);`);
    const { stdout, command } = await driver.kubectl('a', ['apply', '-f', '-'], { input: 'key: hidden' });
    expect(stdout).toBe('key: hidden');
    expect(command).not.toContain('hidden');
    for (const args of [['--token', 'hidden'], ['--token=hidden'], ['--user', 'me:hidden']]) {
      const refused: unknown = await driver.kubectl('a', args).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(OptionsError);
      expect((refused as Error).message).not.toContain('hidden');
    }
  });

  it.each(['../a', '', 'A', '-a', 'a/b', 'a'.repeat(64)])('the cluster name %j is refused', async (name) => {
    await using folder = await tempFolder();
    const driver = await fakeKwokctl(folder.path, '');
    await expect(driver.delete(name)).rejects.toBeInstanceOf(OptionsError);
    await expect(driver.create({ name })).rejects.toBeInstanceOf(OptionsError);
    expect(() => driver.kubeconfigPath(name)).toThrow(OptionsError);
  });

  it('an audit policy that is not there, and ports that can not be, are refused with clear words', async () => {
    await using folder = await tempFolder();
    const driver = await fakeKwokctl(folder.path, '');
    const auditPolicy = join(folder.path, 'audit-policy.yaml');
    await expect(driver.create({ name: 'a', auditPolicy })).rejects.toThrow(
      /audit-policy\.yaml doesn't exist/,
    );
    await expect(driver.create({ name: 'a', ports: { etcd: 0 } })).rejects.toThrow('etcd: 0 is not a port');
    const same = driver.create({ name: 'a', ports: { etcd: 5000, etcdPeer: 5000 } });
    await expect(same).rejects.toThrow('same port');
  });

  it('the peer port of etcd goes through a configuration file that is gone afterwards', async () => {
    await using folder = await tempFolder();
    const body = `const file = args[args.indexOf('--config') + 1];
      console.log(JSON.stringify({ file, config: JSON.parse(require('node:fs').readFileSync(file, 'utf8')) }));`;
    const driver = await fakeKwokctl(folder.path, body);
    const { stdout } = await driver.create({ name: 'a', ports: { etcdPeer: 29_999 } });
    const { file, config } = JSON.parse(stdout) as { file: string; config: unknown };
    expect(config).toMatchObject({ kind: 'KwokctlConfiguration', options: { etcdPeerPort: 29_999 } });
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
