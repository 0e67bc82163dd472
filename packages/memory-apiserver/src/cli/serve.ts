import { resolve } from 'node:path';
import { createApiServer } from '../create-api-server.js';
import { listen } from '../listen.js';
import type { JournalEntry } from '../store/cluster-store.js';
import { DataFolder, newIdentity } from './data-folder.js';
import { makeNodes, readObjects, standardStorageClass } from './objects.js';
import type { Settings } from './settings.js';

/** How often each node renews its Lease, as a kubelet does. */
const LEASE_MS = 10_000;

/** Runs until the process is asked to end. Rejects when it can't start. */
export async function serve(settings: Settings): Promise<void> {
  const data = settings.dataFolder === undefined ? undefined : await DataFolder.open(settings.dataFolder);
  const { uid, createdAt, token, tokenKey, authority } = data?.identity ?? newIdentity();
  const server = createApiServer({
    version: settings.version,
    tokenKey,
    authority,
    metrics: true,
    heartbeats: { leaseMs: LEASE_MS },
    ...(settings.controllers ? {} : { controllers: [] }),
    logger: {
      warn: (object, message) => log(message, object),
      error: (object, message) => log(message, object),
    },
  });
  const base = server.createBase([
    ...makeNodes(settings.nodes),
    ...(settings.controllers ? [standardStorageClass] : []),
    ...settings.objectFiles.flatMap(readObjects),
  ]);
  const cluster = server.createCluster({
    name: settings.name,
    uid,
    createdAt,
    base,
    ...(data === undefined ? {} : { restore: data.entries, onWrite: (entry) => keep(entry, data) }),
  });
  const kubeconfigFile = resolve(settings.kubeconfigFile);
  const local = await listen(cluster, authority, {
    host: settings.host,
    port: settings.port,
    token,
    kubeconfigFile,
  });
  process.stdout.write(`Serving ${settings.name} at ${local.url}\nexport KUBECONFIG=${kubeconfigFile}\n`);
  await signalled();
  await local.close();
  await server.close();
  data?.close();
}

/** What nodes say of themselves every few seconds would fill the journal and is worth nothing to the next process. */
function keep(entry: JournalEntry, data: DataFolder): void {
  const isHeartbeat = entry.storage === 'leases.coordination.k8s.io' && entry.namespace === 'kube-node-lease';
  if (!isHeartbeat) data.write(entry);
}

const signalled = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });

function log(message: string, object: object): void {
  const { err } = object as { err?: unknown };
  process.stderr.write(`${message}${err instanceof Error ? `: ${err.stack ?? err.message}` : ''}\n`);
}
