import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { users } from '../../packages/memory-apiserver/test/differential/scenario.js';
import { startKubeApiserver } from '../../tools/differential/kube-apiserver.js';

/** A server under measurement, in a process of its own, and how to be its administrator. */
export interface Server {
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
  close(): Promise<void>;
}

const command = fileURLToPath(
  new URL('../../packages/memory-apiserver/bin/memory-apiserver.js', import.meta.url),
);

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { token: string } }[];
}

/**
 * The built command, as people start it; without controllers, as kube-apiserver has none either. `cacheFolder`: where
 * it keeps compiled code instead of in the user's folder.
 */
export async function startOurs(cacheFolder?: string): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-memory-apiserver-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const args = ['--port', '0', '--nodes', '0', '--no-controllers', '--kubeconfig', kubeconfig];
  const env = cacheFolder === undefined ? process.env : { ...process.env, XDG_CACHE_HOME: cacheFolder };
  const child = spawn(process.execPath, [command, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.includes('KUBECONFIG')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`memory-apiserver ended with ${code}`)));
  });
  const config = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
  const { server = '', 'certificate-authority-data': ca = '' } = config.clusters[0]?.cluster ?? {};
  return {
    url: server,
    ca: Buffer.from(ca, 'base64').toString(),
    token: config.users[0]?.user.token ?? '',
    async close() {
      child.kill();
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}

/** kube-apiserver with an etcd that doesn't wait for its disk. */
export async function startKube(): Promise<Server> {
  const kube = await startKubeApiserver();
  return { url: kube.url, ca: kube.ca, token: users.admin, close: () => kube.close() };
}
