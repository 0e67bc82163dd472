import { resolve } from 'node:path';
import { createApiServer } from '../create-api-server.js';
import { DataFolder, newIdentity } from './data-folder.js';
import { makeNodes, readObjects } from './objects.js';
import type { Settings } from './settings.js';

/** Runs until the process is asked to end. Rejects when it can't start. */
export async function serve(settings: Settings): Promise<void> {
  const data = settings.dataFolder === undefined ? undefined : new DataFolder(settings.dataFolder);
  const { uid, createdAt, token, tokenKey, authority } = data?.identity ?? newIdentity();
  const server = createApiServer({
    version: settings.version,
    tokenKey,
    authority,
    ...(settings.controllers ? {} : { controllers: [] }),
    logger: {
      warn: (object, message) => log(message, object),
      error: (object, message) => log(message, object),
    },
  });
  const base = server.createBase([
    ...makeNodes(settings.nodes),
    ...settings.objectFiles.flatMap(readObjects),
  ]);
  const cluster = server.createCluster({
    name: settings.name,
    uid,
    createdAt,
    base,
    ...(data === undefined ? {} : { restore: data.entries, onWrite: (entry) => data.write(entry) }),
  });
  const kubeconfigFile = resolve(settings.kubeconfigFile);
  const local = await cluster.listen({ host: settings.host, port: settings.port, token, kubeconfigFile });
  process.stdout.write(`Serving ${settings.name} at ${local.url}\nexport KUBECONFIG=${kubeconfigFile}\n`);
  await signalled();
  await local.close();
  await server.close();
  data?.close();
}

const signalled = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });

function log(message: string, object: object): void {
  const { err } = object as { err?: unknown };
  process.stderr.write(`${message}${err instanceof Error ? `: ${err.stack ?? err.message}` : ''}\n`);
}
