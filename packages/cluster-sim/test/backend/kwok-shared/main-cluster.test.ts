import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { createAuthority, createServerCertificate } from '@scale-cluster/memory-apiserver';
import { PortInUseError, type CommandResult, type CreateClusterOptions } from '@scale-cluster/kwok-driver';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MainCluster, type MainClusterOptions } from '../../../src/backend/kwok-shared/main-cluster.js';
import { speaksHttp, type MainDriver } from '../../../src/backend/kwok-shared/main-diagnosis.js';
import { silentLogger } from '../../../src/logger.js';
import { temporaryFolder } from '../../temporary.js';

const done: CommandResult = { command: '', ran: true, stdout: '', stderr: '' };

/** kwokctl and a main cluster as they look from outside: files, processes and a port that answers `/readyz`. */
class FakeKwok implements MainDriver {
  readonly calls: string[] = [];
  created: CreateClusterOptions | undefined;
  exists: 'absent' | 'half' | 'present' = 'absent';
  scheme = 'https';
  running = new Set<string>();
  isReady = true;
  /** Thrown by the next calls of create and start, one each. */
  readonly failures: Error[] = [];
  #server: Server | undefined;
  readonly #authority = createAuthority(Date.now());

  private constructor(
    private readonly folder: string,
    readonly port: number,
  ) {}

  static async make(): Promise<FakeKwok> {
    const port = await freePort();
    const fake = new FakeKwok(await temporaryFolder(), port);
    onTestFinished(() => fake.#shut());
    return fake;
  }

  /** As an earlier run has left it. */
  async present(options: { auditPolicy?: string; scheme?: string } = {}): Promise<void> {
    await this.create({
      name: 'main',
      ...(options.auditPolicy === undefined ? {} : { auditPolicy: options.auditPolicy }),
    });
    this.scheme = options.scheme ?? 'https';
    this.calls.length = 0;
  }

  kill(component: string): void {
    this.running.delete(component);
    if (component === 'kube-apiserver') void this.#shut();
  }

  async create(options: CreateClusterOptions): Promise<CommandResult> {
    this.calls.push('create');
    this.#failIfAsked();
    this.created = options;
    this.exists = 'present';
    this.scheme = 'https';
    const pki = join(this.folder, 'pki');
    await mkdir(pki, { recursive: true });
    const pair = createServerCertificate(this.#authority, ['127.0.0.1']);
    await writeFile(join(pki, 'ca.crt'), this.#authority.cert);
    await writeFile(join(pki, 'admin.crt'), pair.cert);
    await writeFile(join(pki, 'admin.key'), pair.key);
    const kubeconfig = {
      clusters: [
        {
          cluster: { server: `https://127.0.0.1:${this.port}`, 'certificate-authority': join(pki, 'ca.crt') },
        },
      ],
      users: [
        { user: { 'client-certificate': join(pki, 'admin.crt'), 'client-key': join(pki, 'admin.key') } },
      ],
    };
    await writeFile(this.kubeconfigPath(), JSON.stringify(kubeconfig));
    const audit = options.auditPolicy === undefined ? {} : { kubeAuditPolicy: options.auditPolicy };
    await writeFile(join(dirname(this.kubeconfigPath()), 'kwok.yaml'), JSON.stringify({ options: audit }));
    await this.#open(pair);
    return done;
  }

  async start(): Promise<CommandResult> {
    this.calls.push('start');
    this.#failIfAsked();
    if (!this.running.has('kube-apiserver'))
      await this.#open(createServerCertificate(this.#authority, ['127.0.0.1']));
    this.running = new Set(['etcd', 'kube-apiserver', 'kwok-controller']);
    return done;
  }

  async stop(): Promise<CommandResult> {
    this.calls.push('stop');
    this.running.clear();
    await this.#shut();
    return done;
  }

  async delete(): Promise<CommandResult> {
    this.calls.push('delete');
    this.exists = 'absent';
    this.running.clear();
    await this.#shut();
    return done;
  }

  state(): 'absent' | 'half' | 'present' {
    return this.exists;
  }

  async server(): Promise<string> {
    return `${this.scheme}://127.0.0.1:${this.port}`;
  }

  async ports(): Promise<object> {
    return {};
  }

  async processes(): Promise<{ component: string; pid: number }[]> {
    return [...this.running].map((component) => ({ component, pid: 1 }));
  }

  kubeconfigPath(): string {
    return join(this.folder, 'kubeconfig.yaml');
  }

  async #open(pair: { cert: string; key: string }): Promise<void> {
    const server = createServer(pair, (_request, response) => {
      response.writeHead(this.isReady ? 200 : 500).end();
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.#server = server;
    this.running = new Set(['etcd', 'kube-apiserver', 'kwok-controller']);
  }

  #failIfAsked(): void {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
  }

  async #shut(): Promise<void> {
    const server = this.#server as (Server & { closeAllConnections?: () => void }) | undefined;
    this.#server = undefined;
    if (server === undefined) return;
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections?.();
    });
  }
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function supervise(fake: FakeKwok, more: Partial<MainClusterOptions> = {}) {
  const events: string[] = [];
  const waiting = new Set<() => void>();
  const tell = (event: string): void => {
    events.push(event);
    for (const look of [...waiting]) look();
  };
  const main = new MainCluster({
    driver: fake,
    name: 'main',
    apiPort: fake.port,
    auditPolicy: undefined,
    ports: { take: async () => [1, 2, 3], release: () => undefined },
    onReady: () => tell('ready'),
    onAway: () => tell('away'),
    now: () => Date.now(),
    logger: {
      ...silentLogger,
      info: (_line, text) => tell(String(text)),
      error: (_line, text) => tell(String(text)),
    },
    checkIntervalMs: 5,
    longestPauseMs: 20,
    ...more,
  });
  onTestFinished(() => main.close());
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  const readies = (): number => events.filter((event) => event === 'ready').length;
  main.start();
  return { main, events, until, readies };
}

describe('the main cluster', () => {
  it('is made when there is none, with what the syncer relies on', async () => {
    const fake = await FakeKwok.make();
    const { main, until, readies } = supervise(fake);
    expect(main.status().phase).toBe('starting');
    await until(() => readies() === 1);
    expect(main.status()).toMatchObject({ phase: 'ready', message: '' });
    expect(fake.created).toMatchObject({
      name: 'main',
      ports: { kubeApiserver: fake.port, etcd: 1, etcdPeer: 2, kwokController: 3 },
      disable: ['kube-controller-manager', 'kube-scheduler'],
    });
    expect(fake.created?.extraArgs?.['kwok-controller']).toMatchObject({
      'disregard-status-with-annotation-selector': 'kwok.x-k8s.io/status=custom',
    });
  });

  it('is taken over when it runs', async () => {
    const fake = await FakeKwok.make();
    await fake.present();
    const { until, readies } = supervise(fake);
    await until(() => readies() === 1);
    expect(fake.calls).toEqual([]);
  });

  it.each(['etcd', 'kube-apiserver', 'kwok-controller'])(
    'is started again when its %s has died',
    async (component) => {
      const fake = await FakeKwok.make();
      await fake.present();
      const { main, events, until, readies } = supervise(fake);
      await until(() => readies() === 1);
      fake.kill(component);
      await until(() => readies() === 2);
      expect(fake.calls).toEqual(['start']);
      expect(events).toContain(`starting the main cluster: ${component} does not run`);
      expect(events.indexOf('away')).toBeLessThan(events.lastIndexOf('ready'));
      expect(main.status().phase).toBe('ready');
    },
  );

  it('is made anew when it serves HTTP or is on another port', async () => {
    const fake = await FakeKwok.make();
    await fake.present({ scheme: 'http' });
    const { events, until, readies } = supervise(fake);
    await until(() => readies() === 1);
    expect(fake.calls).toEqual(['delete', 'create']);
    expect(events[0]).toBe('making anew the main cluster: it serves HTTP where HTTPS is needed');
    const other = await FakeKwok.make();
    await other.present();
    const { events: said, until: untilOther } = supervise(other, { apiPort: 1 });
    await untilOther(() => said.some((text) => text.includes('MainAPIPort says 1')));
  });

  it('is made anew when it has no audit policy and shall have one', async () => {
    const fake = await FakeKwok.make();
    await fake.present();
    const { until, readies } = supervise(fake, { auditPolicy: '/etc/policy.yaml' });
    await until(() => readies() === 1);
    expect(fake.calls).toEqual(['delete', 'create']);
    expect(fake.created?.auditPolicy).toBe('/etc/policy.yaml');
  });

  it('is made when a crash has left half of it', async () => {
    const fake = await FakeKwok.make();
    fake.exists = 'half';
    const { until, readies } = supervise(fake);
    await until(() => readies() === 1);
    expect(fake.calls).toEqual(['create']);
  });

  it('is restarted when it does not get ready, and made anew when that does not help', async () => {
    const fake = await FakeKwok.make();
    await fake.present();
    fake.isReady = false;
    const { until, readies } = supervise(fake, { patienceMs: 30 });
    await until(() => fake.calls.includes('create'));
    expect(fake.calls.slice(0, 4)).toEqual(['stop', 'start', 'delete', 'create']);
    fake.isReady = true;
    await until(() => readies() === 1);
  });

  it('says who has its port, and tries again until it is free', async () => {
    const fake = await FakeKwok.make();
    const squatter = createTcpServer().listen(0, '127.0.0.1');
    onTestFinished(() => void squatter.close());
    await new Promise((resolve) => squatter.once('listening', resolve));
    const { port } = squatter.address() as AddressInfo;
    fake.failures.push(new PortInUseError(port, 'kube-apiserver'));
    const { events, until, readies } = supervise(fake);
    await until(() => readies() === 1);
    expect(fake.calls).toEqual(['create', 'create']);
    expect(events[1]).toContain(`port ${port}, wanted by kube-apiserver, is taken by`);
    if (process.platform === 'linux') expect(events[1]).toContain(`pid ${process.pid}`);
  });

  it('is left running, and alone, when it is no longer looked after', async () => {
    const fake = await FakeKwok.make();
    const { main, events, until, readies } = supervise(fake);
    await until(() => readies() === 1);
    await main.close();
    fake.kill('etcd');
    await new Promise(setImmediate);
    expect(fake.calls).toEqual(['create']);
    expect(events.at(-1)).toBe('away');
  });
});

describe('the protocol of a port', () => {
  it('is HTTP only where requests are answered', async () => {
    const http = createHttpServer((_request, response) => void response.writeHead(404).end());
    const secure = createHttpServer(
      (_request, response) =>
        void response.writeHead(400).end('Client sent an HTTP request to an HTTPS server.\n'),
    );
    for (const server of [http, secure]) {
      onTestFinished(() => void server.close());
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
    expect(await speaksHttp((http.address() as AddressInfo).port)).toBe(true);
    expect(await speaksHttp((secure.address() as AddressInfo).port)).toBe(false);
    expect(await speaksHttp(await freePort())).toBe(false);
  });
});
