import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Controller } from '../../src/index.js';
import { ApiServer } from '../../src/index.js';
import { Client } from './client.js';
import { serviceCidr } from './normalise.js';
import { users } from './scenario.js';

/**
 * kube-apiserver alone leaves to controllers what they are there for: pods stay until a kubelet ends them, finalizers
 * until somebody takes them off. So these are there, and do nothing.
 */
const idle = ['kubelet', 'garbage-collector', 'service-account', 'storage-protection'].map(
  (name): Controller => ({ name, watches: [], keysFor: () => [], reconcile: () => undefined }),
);

export interface OurServer {
  readonly client: Client;
  close(): Promise<void>;
}

/** A fresh cluster without controllers behind HTTP on a free port. */
export async function startOurs(): Promise<OurServer> {
  const server = new ApiServer({ version: 'v1.34.4', controllers: idle, serviceCidr });
  const cluster = server.createCluster({
    name: 'differential',
    uid: 'differential',
    base: server.emptyBase,
    tokens: {
      [users.admin]: {
        username: 'admin',
        uid: 'admin-uid',
        groups: ['system:masters', 'system:authenticated'],
      },
      [users.jane]: { username: 'jane', uid: 'jane-uid', groups: ['system:authenticated'] },
    },
  });
  const http = createServer((request, response) => cluster.handle(request, response));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    client: new Client(`http://127.0.0.1:${(http.address() as AddressInfo).port}`),
    close: async () => {
      await server.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
