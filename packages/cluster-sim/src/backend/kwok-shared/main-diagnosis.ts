import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import type { KwokctlDriver } from '@scale-cluster/kwok-driver';
import { parseAllDocuments } from 'yaml';

/** What the supervisor asks of kwokctl. */
export type MainDriver = Pick<
  KwokctlDriver,
  'create' | 'delete' | 'kubeconfigPath' | 'ports' | 'processes' | 'server' | 'start' | 'state' | 'stop'
>;

export interface MainWishes {
  name: string;
  apiPort: number;
  /** Path of the audit policy, if there is to be one. */
  auditPolicy: string | undefined;
}

/** `create` when there is nothing, `recreate` when what there is can't become right, `start` when parts don't run. */
export type Repair = 'create' | 'recreate' | 'start';

export interface Diagnosis {
  repair: Repair;
  /** What is wrong, for the user. */
  reason: string;
}

/** A main cluster needs no more: its pods are pinned to nodes, and we do what controllers would. */
const components = ['etcd', 'kube-apiserver', 'kwok-controller'];

/** What is wrong with the main cluster by what is on the disk and which processes run; starts no process. */
export async function diagnose(driver: MainDriver, wishes: MainWishes): Promise<Diagnosis | undefined> {
  const { name, apiPort, auditPolicy } = wishes;
  const state = driver.state(name);
  if (state === 'absent') return { repair: 'create', reason: 'it does not exist yet' };
  if (state === 'half') return { repair: 'create', reason: 'it was only half made' };
  const server = await driver.server(name);
  if (server === undefined) return { repair: 'recreate', reason: 'it has no kubeconfig' };
  const { protocol, port } = new URL(server);
  if (protocol !== 'https:') return { repair: 'recreate', reason: 'it serves HTTP where HTTPS is needed' };
  if (Number(port) !== apiPort)
    return { repair: 'recreate', reason: `it is on port ${port} where MainAPIPort says ${apiPort}` };
  if ((await hasAuditPolicy(driver, name)) !== (auditPolicy !== undefined))
    return {
      repair: 'recreate',
      reason: `it was made ${auditPolicy === undefined ? 'with' : 'without'} an audit policy`,
    };
  const running = new Set((await driver.processes(name)).map(({ component }) => component));
  const dead = components.filter((component) => !running.has(component));
  if (dead.length === 0) return undefined;
  return { repair: 'start', reason: `${dead.join(', ')} ${dead.length === 1 ? 'does' : 'do'} not run` };
}

/** kwokctl keeps what a cluster was made with beside its kubeconfig. */
async function hasAuditPolicy(driver: MainDriver, name: string): Promise<boolean> {
  const text = await readFile(join(dirname(driver.kubeconfigPath(name)), 'kwok.yaml'), 'utf8').catch(
    () => '',
  );
  const documents = parseAllDocuments(text).map((document) => document.toJS() as unknown);
  return documents.some((document) => {
    const options = (document as { options?: { kubeAuditPolicy?: unknown } } | null)?.options;
    return typeof options?.kubeAuditPolicy === 'string' && options.kubeAuditPolicy !== '';
  });
}

/** Whether something answers plain HTTP on the port. Go's TLS servers do so only to say that it was the wrong protocol. */
export function speaksHttp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const ask = request({ host: '127.0.0.1', port, path: '/readyz', timeout: 3_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(!(response.statusCode === 400 && text.includes('HTTPS server'))));
      response.on('error', () => resolve(false));
    });
    ask.on('timeout', () => ask.destroy());
    ask.on('error', () => resolve(false));
    ask.end();
  });
}
