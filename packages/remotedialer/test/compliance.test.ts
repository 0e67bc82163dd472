import type { Duplex } from 'node:stream';
import { describe, test } from 'vitest';
import type { Connection, ConnectHandler } from '../src/index.js';
import { createSessionPair, tunnelCompliance, type ComplianceTunnel } from '../src/testing/index.js';
import { startClient, startServer } from './helpers/tunnel.js';

/** Makes a compliance tunnel of whatever can dial, with handlers in this process as targets. */
function tunnelOf(dial: (protocol: string, address: string) => Connection): {
  onConnect: ConnectHandler;
  tunnel: Omit<ComplianceTunnel, 'close'>;
} {
  const waiting = new Map<string, (far: Duplex) => void>();
  let opened = 0;
  return {
    onConnect: (connection, { address }) => {
      const take = waiting.get(address);
      if (take === undefined)
        connection.destroy(new Error(`dial tcp ${address}: connect: connection refused`));
      else take(connection);
    },
    tunnel: {
      open() {
        const address = `stream:${opened++}`;
        const far = new Promise<Duplex>((resolve) => waiting.set(address, resolve));
        const near = dial('tcp', address);
        return far.then((connection) => [near, connection]);
      },
      openFailing: () => Promise.resolve(dial('tcp', 'nothing:1')),
    },
  };
}

describe('over memory', () => {
  tunnelCompliance(test, () => {
    const { onConnect, tunnel } = tunnelOf((protocol, address) => pair.server.dial(protocol, address));
    const pair = createSessionPair({ client: { onConnect } });
    return Promise.resolve({ ...tunnel, close: () => Promise.resolve(pair.client.close()) });
  });
});

describe('over memory, dialled by the client', () => {
  tunnelCompliance(test, () => {
    const { onConnect, tunnel } = tunnelOf((protocol, address) => pair.client.dial(protocol, address));
    const pair = createSessionPair({ server: { onConnect } });
    return Promise.resolve({ ...tunnel, close: () => Promise.resolve(pair.client.close()) });
  });
});

describe('over a WebSocket', () => {
  tunnelCompliance(test, async () => {
    const server = await startServer();
    const { onConnect, tunnel } = tunnelOf(server.tunnels.dialer('alice'));
    const client = await startClient(server.url, onConnect);
    return { ...tunnel, close: () => client.close() };
  });
});
