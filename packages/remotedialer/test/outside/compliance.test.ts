import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, inject, test } from 'vitest';
import type { Connection } from '../../src/index.js';
import { tunnelCompliance } from '../../src/testing/index.js';
import { startServer } from '../helpers/tunnel.js';
import { GoPeer, GoServer } from './go-peer.js';
import { reached, startClientOf } from './targets.js';

const peers = Object.entries(inject('peers'));
const ignore = (): void => undefined;

describe.each(peers)('our client with a Go server %s', (_version, program) => {
  tunnelCompliance(test, async () => {
    const server = await GoServer.start(program);
    const waiting = new Map<string, (far: Connection) => void>();
    const client = await startClientOf(server, (connection, { address }) => {
      const take = waiting.get(address);
      if (take === undefined) connection.destroy(new Error(`dial tcp ${address}: no such host`));
      else take(connection);
    });
    let opened = 0;
    return {
      async open(): Promise<[Duplex, Duplex]> {
        const address = `stream:${opened++}`;
        const far = new Promise<Connection>((resolve) => waiting.set(address, resolve));
        const near = await server.dial('alice', 'tcp', address);
        near.on('error', ignore);
        return [near, await reached(near, far)];
      },
      openFailing: () => server.dial('alice', 'tcp', 'nothing:1'),
      close: () => client.close(),
    };
  });
});

describe.each(peers)('our server with a Go client %s', (_version, program) => {
  tunnelCompliance(test, async () => {
    const { tunnels, url } = await startServer();
    const session = once(tunnels, 'session');
    const [peer] = await Promise.all([GoPeer.start(program, 'client', url, 'alice'), session]);
    const targets: Server[] = [];
    return {
      async open(): Promise<[Duplex, Duplex]> {
        const target = createServer({ noDelay: true });
        targets.push(target);
        target.listen(0, '127.0.0.1');
        await once(target, 'listening');
        const accepted = once(target, 'connection') as Promise<[Socket]>;
        const near = tunnels.dial('alice', 'tcp', `127.0.0.1:${(target.address() as AddressInfo).port}`);
        const [far] = await reached(near, accepted);
        far.on('error', ignore);
        return [near, far];
      },
      openFailing: () => Promise.resolve(tunnels.dial('alice', 'tcp', '127.0.0.1:1')),
      async close() {
        for (const target of targets) target.close();
        await peer.kill();
      },
    };
  });
});
