import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TunnelClient, TunnelServer } from '@scale-cluster/remotedialer';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Subscriber, SteveFixture } from './support/steve-fixture.js';

it('serves pings, lists and subscriptions on connections that the server dials through a tunnel', async () => {
  await using fixture = SteveFixture.fake();
  const rancher = new TunnelServer({ authorize: () => ({ clientKey: 'stv-cluster-c-1' }) });
  const listener = createServer().on('upgrade', (incoming, socket, head) =>
    rancher.handleUpgrade(incoming, socket, head),
  );
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const url = `ws://127.0.0.1:${(listener.address() as AddressInfo).port}/v3/connect`;
  const agent = new TunnelClient({
    endpoint: () => ({ url, headers: {} }),
    onConnect: (connection) => fixture.steve.serve(connection, fixture.cluster),
  });
  const session = once(rancher, 'session');
  agent.start();
  await session;
  const get = async (address: string, path: string): Promise<string> => {
    const outgoing = request({
      path,
      headers: { host: address },
      createConnection: () => rancher.dial('stv-cluster-c-1', 'tcp', address),
    }).end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return text;
  };

  expect(await get('not-used:80', '/ping')).toBe('pong');
  fixture.cluster.add('v1', 'Node', 'n1');
  expect(JSON.parse(await get('127.0.0.1:6080', '/v1/nodes'))).toMatchObject({
    count: 1,
    data: [{ id: 'n1' }],
  });

  const socket = new WebSocket('ws://127.0.0.1:6080/v1/subscribe', {
    createConnection: () => rancher.dial('stv-cluster-c-1', 'tcp', '127.0.0.1:6080'),
  });
  const subscriber = new Subscriber(socket);
  await once(socket, 'open');
  subscriber.send({ resourceType: 'node' });
  expect((await subscriber.next()).name).toBe('resource.start');
  fixture.cluster.add('v1', 'Node', 'n2');
  expect(await subscriber.next()).toMatchObject({ name: 'resource.create', data: { id: 'n2' } });

  socket.terminate();
  await agent.close();
  await rancher.close();
  await new Promise((resolve) => listener.close(resolve));
});
