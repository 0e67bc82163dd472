import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client } from '../../packages/memory-apiserver/test/differential/client.js';
import { serviceCidr } from '../../packages/memory-apiserver/test/differential/normalise.js';
import { users } from '../../packages/memory-apiserver/test/differential/scenario.js';
import { kubeBinaries } from './binaries.js';

export interface KubeApiserver {
  readonly client: Client;
  readonly url: string;
  /** PEM that it is trusted by. */
  readonly ca: string;
  close(): Promise<void>;
}

const READY_WITHIN_MS = 120_000;
const POLL_MS = 250;

/**
 * etcd and kube-apiserver with their default settings, on free ports of 127.0.0.1 and with all they keep in a
 * temporary folder. Resolves when kube-apiserver is ready and holds all objects that it begins with.
 */
export async function startKubeApiserver(): Promise<KubeApiserver> {
  const binaries = kubeBinaries(['etcd', 'kube-apiserver']);
  const folder = mkdtempSync(join(tmpdir(), 'differential-'));
  const [clientPort, peerPort, port] = await freePorts(3);
  const etcd = `http://127.0.0.1:${clientPort}`;
  writeCredentials(folder);
  const processes = [
    run(folder, join(binaries, 'etcd'), [
      `--data-dir=${folder}/etcd`,
      `--listen-client-urls=${etcd}`,
      `--advertise-client-urls=${etcd}`,
      `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
      '--unsafe-no-fsync',
    ]),
    run(folder, join(binaries, 'kube-apiserver'), [
      `--etcd-servers=${etcd}`,
      '--bind-address=127.0.0.1',
      // Endpoints of the Service `kubernetes` must not be loopback addresses. Nobody goes there.
      '--advertise-address=192.0.2.1',
      `--secure-port=${port}`,
      `--cert-dir=${folder}`,
      '--authorization-mode=RBAC',
      `--token-auth-file=${folder}/tokens.csv`,
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${folder}/service-accounts.pem`,
      `--service-account-signing-key-file=${folder}/service-accounts.pem`,
      `--service-cluster-ip-range=${serviceCidr}`,
      '--allow-privileged',
    ]),
  ];
  const close = async (): Promise<void> => {
    await Promise.all(processes.map(stop));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const url = `https://127.0.0.1:${port}`;
    const client = await ready(folder, url, processes);
    return { client, url, ca: readFileSync(join(folder, 'apiserver.crt'), 'utf8'), close };
  } catch (error) {
    const log = join(folder, 'kube-apiserver.log');
    const tail = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(-20).join('\n') : '';
    await close();
    throw new Error(`kube-apiserver did not start:\n${tail}`, { cause: error });
  }
}

/** Tokens of the corpus's users, and the key that tokens of service accounts are signed with. */
function writeCredentials(folder: string): void {
  const rows = [`${users.admin},admin,admin-uid,"system:masters"`, `${users.jane},jane,jane-uid`];
  writeFileSync(join(folder, 'tokens.csv'), `${rows.join('\n')}\n`, { mode: 0o600 });
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(join(folder, 'service-accounts.pem'), pem, { mode: 0o600 });
}

async function ready(folder: string, url: string, processes: readonly ChildProcess[]): Promise<Client> {
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    // It makes its certificate itself; there is none before it listens.
    const certificate = join(folder, 'apiserver.crt');
    if (existsSync(certificate)) {
      const client = new Client(url, readFileSync(certificate, 'utf8'));
      const answer = await client.send({ method: 'GET', path: '/readyz' }).catch(() => undefined);
      if (answer?.status === 200 && (await isFurnished(client))) return client;
    }
    if (processes.some(({ exitCode }) => exitCode !== null)) throw new Error('a process ended early');
    if (Date.now() > deadline) throw new Error(`not ready within ${READY_WITHIN_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** These come last of what kube-apiserver makes for itself after it is ready. */
async function isFurnished(client: Client): Promise<boolean> {
  const paths = [
    '/api/v1/namespaces/kube-node-lease',
    '/api/v1/namespaces/default/services/kubernetes',
    '/api/v1/namespaces/default/endpoints/kubernetes',
    '/apis/networking.k8s.io/v1/ipaddresses/10.43.0.1',
    '/apis/networking.k8s.io/v1/servicecidrs/kubernetes',
    '/apis/rbac.authorization.k8s.io/v1/namespaces/kube-public/rolebindings/system:controller:bootstrap-signer',
  ];
  for (const path of paths) {
    const { status } = await client.send({ method: 'GET', path });
    if (status !== 200) return false;
  }
  return (await Promise.all(loopsWriteStatus.map((path) => hasConditions(client, path)))).every(Boolean);
}

/** Objects whose conditions kube-apiserver's own loops write some time after they are there. */
const loopsWriteStatus = [
  '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/exempt',
  '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/catch-all',
  '/apis/networking.k8s.io/v1/servicecidrs/kubernetes',
  '/apis/apiregistration.k8s.io/v1/apiservices/v1.apps',
];

async function hasConditions(client: Client, path: string): Promise<boolean> {
  const { status, body } = await client.send({ method: 'GET', path });
  if (status !== 200) return false;
  const { conditions = [] } =
    (JSON.parse(body.toString()) as { status?: { conditions?: unknown[] } }).status ?? {};
  return conditions.length > 0;
}

function run(folder: string, program: string, options: readonly string[]): ChildProcess {
  const log = openSync(join(folder, `${program.split('/').at(-1)}.log`), 'a', 0o600);
  const child = spawn(program, options, { stdio: ['ignore', log, log] });
  closeSync(log);
  return child;
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
