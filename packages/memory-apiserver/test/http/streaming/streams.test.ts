import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { SCRIPT_ANNOTATION } from '../../../src/pods/pod-script.js';
import { bytesOf } from '../../../src/http/streaming/channel-streams.js';
import type { KubeObject } from '../../../src/object.js';
import { TestCluster } from '../test-cluster.js';

const script = {
  log: 'one\ntwo\nthree\n',
  containers: { side: { log: '', heartbeat: { line: 'alive', seconds: 0.1 } } },
};
const path = '/api/v1/namespaces/default/pods/web';
const START = '2026-01-02T03:04:05Z';

let test: TestCluster;

beforeEach(async () => {
  test = await TestCluster.start({ controllers: [], metrics: true });
  const { api } = test.cluster;
  for (const [name, phase] of [
    ['web', 'Running'],
    ['new', 'Pending'],
  ] as const) {
    const containers = [
      {
        name: 'main',
        image: 'web',
        command: ['sh', '-c', 'echo $NAME starts; sleep 60; echo late'],
        env: [{ name: 'NAME', value: 'web' }],
      },
      { name: 'side', image: 'side', resources: { requests: { cpu: '1', memory: '1Gi' } } },
    ];
    const pod = api.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        namespace: 'default',
        annotations: name === 'web' ? { [SCRIPT_ANNOTATION]: JSON.stringify(script) } : {},
      },
      spec: { nodeName: 'node-1', containers },
    });
    const state =
      phase === 'Running' ? { running: { startedAt: START } } : { waiting: { reason: 'ContainerCreating' } };
    const containerStatuses = containers.map((container) => ({
      name: container.name,
      image: container.image,
      imageID: '',
      ready: true,
      restartCount: 0,
      state,
    }));
    api.update(
      { ...pod, status: { phase, podIP: '10.42.0.9', containerStatuses } },
      { subresource: 'status' },
    );
  }
});

afterEach(() => test.close());

const log = async (query: string, pod = 'web'): Promise<{ code: number; text: string }> => {
  const { code, text, body } = await test.send('GET', `/api/v1/namespaces/default/pods/${pod}/log?${query}`);
  return { code, text: code === 200 ? text : body.message };
};

describe('a log', () => {
  it.each([
    ['container=main', 'one\ntwo\nthree\n'],
    ['container=main&tailLines=2', 'two\nthree\n'],
    ['container=main&tailLines=0', ''],
    ['container=main&limitBytes=5', 'one\nt'],
    ['container=main&timestamps=true&tailLines=1', '2026-01-02T03:04:05.000000000Z three\n'],
    [`container=main&sinceTime=${START}&tailLines=1`, 'three\n'],
    ['container=main&sinceTime=2026-01-02T03:04:06Z', ''],
  ])('is cut as asked: %s', async (query, text) => {
    expect(await log(query)).toEqual({ code: 200, text });
  });

  it('is, without a pod script, what the container prints until it waits', async () => {
    const { api } = test.cluster;
    api.patch('pods', 'default', 'web', 'merge', {
      metadata: { annotations: { [SCRIPT_ANNOTATION]: null } },
    });
    expect(await log('container=main')).toEqual({ code: 200, text: 'web starts\n' });
    expect(await log('container=side')).toEqual({ code: 200, text: '' });
  });

  it.each([
    ['', 400, 'a container name must be specified for pod web, choose one of: [main side]'],
    ['container=x', 400, 'container x is not valid for pod web'],
    ['container=main&previous=true', 400, 'previous terminated container "main" in pod "web" not found'],
    [
      'container=main&limitBytes=0',
      422,
      'PodLogOptions "" is invalid: limitBytes: Invalid value: 0: must be greater than 0',
    ],
    [
      'container=main&sinceSeconds=0',
      422,
      'PodLogOptions "" is invalid: sinceSeconds: Invalid value: 0: must be greater than 0',
    ],
  ])('is refused: %s', async (query, code, text) => {
    expect(await log(query)).toEqual({ code, text });
  });

  it('of a container that has not started does not exist', async () => {
    const text = 'container "main" in pod "new" is waiting to start: ContainerCreating';
    expect(await log('container=main', 'new')).toEqual({ code: 400, text });
  });

  it('goes on with heartbeats until the pod is gone', async () => {
    const response = await test.fetch('GET', `${path}/log?container=side&follow=true&tailLines=0`);
    let text = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      if (text.length >= 12) test.cluster.api.delete('pods', 'default', 'web', { gracePeriodSeconds: 0 });
    }
    expect(text).toMatch(/^(?:alive\n){2,}$/);
  });

  it('is not begun for a client that leaves before the code for it is loaded', async () => {
    const request = new IncomingMessage(new Socket());
    request.url = `${path}/log?container=side&follow=true`;
    request.headers.authorization = 'Bearer admin';
    const response = new ServerResponse(request);
    test.cluster.handle(request, response);
    response.emit('close');
    await vi.dynamicImportSettled();
    expect(response.headersSent).toBe(false);
  });
});

interface Talk {
  protocol: string;
  /** What came in each channel. */
  channels: string[];
}

/** Opens a WebSocket, sends messages, and resolves with all that came when it has ended. */
function talk(
  target: string,
  protocols: string[],
  messages: (Buffer | string)[] = [],
  headers = { Authorization: 'Bearer admin' },
  onOpen = (): void => undefined,
): Promise<Talk> {
  const client = new WebSocket(test.url.replace('http', 'ws') + target, protocols, { headers });
  const channels: string[] = ['', '', '', ''];
  return new Promise((resolve, reject) => {
    client.once('open', () => {
      for (const message of messages) client.send(message);
      onOpen();
    });
    client.on('message', (data, binary) => {
      const message = bytesOf(data);
      const channel = binary ? (message[0] ?? 0) : Number(message.toString('latin1', 0, 1));
      const text = binary
        ? message.toString('utf8', 1)
        : Buffer.from(message.toString('latin1', 1), 'base64').toString();
      channels[channel] += text;
    });
    client.once('close', () => resolve({ protocol: client.protocol, channels }));
    client.once('unexpected-response', (_, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.once('end', () =>
        reject(new Error(`${response.statusCode}: ${(JSON.parse(body) as { message: string }).message}`)),
      );
    });
    client.once('error', reject);
  });
}

const channel = (number: number, text: string): Buffer =>
  Buffer.concat([Buffer.from([number]), Buffer.from(text)]);
const SUCCESS = '{"metadata":{},"status":"Success"}';
const exec = (command: string[], more = 'stdout=true&stderr=true'): string =>
  `${path}/exec?container=main&${more}${command.map((word) => `&command=${encodeURIComponent(word)}`).join('')}`;

describe('attach', () => {
  /** A pod that isn't restarted, whose only container runs the command. */
  function running(command: string[]): void {
    const { api } = test.cluster;
    const pod = api.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'once', namespace: 'default' },
      spec: {
        nodeName: 'node-1',
        restartPolicy: 'Never',
        containers: [{ name: 'main', image: 'x', command }],
      },
    });
    told(pod, { running: { startedAt: START } });
  }

  function told(pod: KubeObject, state: object): void {
    const containerStatuses = [
      { name: 'main', image: 'x', imageID: '', ready: true, restartCount: 0, state },
    ];
    const status = { phase: 'Running', containerStatuses };
    test.cluster.api.update({ ...pod, status }, { subresource: 'status' });
  }

  const attach = '/api/v1/namespaces/default/pods/once/attach?stdin=true&stdout=true';
  const once = (): KubeObject => test.cluster.api.get('pods', 'default', 'once');

  it('talks to a shell, whose end is that of the container', async () => {
    running(['sh']);
    const { channels } = await talk(attach, ['v5.channel.k8s.io'], [channel(0, 'echo hi; exit 3\n')]);
    expect(channels).toEqual(['', 'hi\n', '', SUCCESS]);
    const { containerStatuses } = once()['status'] as { containerStatuses: object[] };
    expect(containerStatuses).toMatchObject([
      { ready: false, state: { terminated: { exitCode: 3, reason: 'Error', startedAt: START } } },
    ]);
  });

  it('ends with the container and then shows what its program has printed', async () => {
    running(['sh', '-c', 'echo done; sleep 9']);
    const end = { terminated: { exitCode: 0, reason: 'Completed', startedAt: START, finishedAt: START } };
    const { channels } = await talk(attach, ['v5.channel.k8s.io'], [], undefined, () => told(once(), end));
    expect(channels).toEqual(['', 'done\n', '', SUCCESS]);
  });
});

describe('exec over a WebSocket', () => {
  it.each(['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io'])(
    'speaks %s',
    async (protocol) => {
      const answer = await talk(exec(['sh', '-c', 'echo out; echo err >&2']), [protocol]);
      expect(answer).toEqual({ protocol, channels: ['', 'out\n', 'err\n', SUCCESS] });
    },
  );

  it('tells the exit code', async () => {
    const { channels } = await talk(exec(['sh', '-c', 'exit 9']), ['v4.channel.k8s.io']);
    expect(JSON.parse(channels[3] ?? '')).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '9' }] },
    });
  });

  it('ends the input of v5 by a message', async () => {
    const messages = [channel(0, 'a\n'), channel(0, 'b'), Buffer.from([255, 0])];
    const { channels } = await talk(exec(['cat'], 'stdin=true&stdout=true'), ['v5.channel.k8s.io'], messages);
    expect(channels).toEqual(['', 'a\nb', '', SUCCESS]);
  });

  it('is a terminal if asked for one', async () => {
    const messages = [
      channel(4, '{"Width":80,"Height":24}'),
      channel(0, 'echo $NAME\r'),
      channel(0, 'exit\r'),
    ];
    const { channels } = await talk(
      exec(['sh'], 'stdin=true&stdout=true&tty=true'),
      ['v5.channel.k8s.io'],
      messages,
    );
    expect((channels[1] ?? '').replaceAll('/ # ', '')).toMatch(/echo \$NAME\r\n(?:exit\r\n)?web\r\n/);
    expect(channels[3]).toBe(SUCCESS);
  });

  it('ends when the cluster is closed, and is reported then', async () => {
    const reported = new Promise<number>((resolve) => (test.cluster.onRequest = ({ code }) => resolve(code)));
    const client = new WebSocket(
      test.url.replace('http', 'ws') + exec(['sleep', 'infinity']),
      ['v5.channel.k8s.io'],
      { headers: { Authorization: 'Bearer admin' } },
    );
    await new Promise((resolve) => client.once('open', resolve));
    const ended = new Promise((resolve) => client.once('close', resolve));
    test.cluster.close();
    await ended;
    expect(await reported).toBe(101);
  });

  it('takes a token from among the subprotocols, as browsers send it', async () => {
    const token = Buffer.from('admin').toString('base64url');
    const protocols = [`base64url.bearer.authorization.k8s.io.${token}`, 'v4.channel.k8s.io'];
    const { protocol, channels } = await talk(exec(['hostname']), protocols, [], {} as never);
    expect({ protocol, out: channels[1] }).toEqual({ protocol: 'v4.channel.k8s.io', out: 'web\n' });
  });

  it('is refused with a Status', async () => {
    const v5 = ['v5.channel.k8s.io'];
    await expect(talk(exec(['ls']), ['soap'])).rejects.toThrow(
      '400: unable to upgrade: unable to negotiate protocol',
    );
    await expect(talk(exec(['ls']).replace('container=main&', ''), v5)).rejects.toThrow(
      '400: a container name must be specified',
    );
    await expect(talk(exec(['ls']).replace('/web/', '/new/'), v5)).rejects.toThrow(
      '500: unable to upgrade connection: container not found ("main")',
    );
    await expect(talk(exec([]), v5)).rejects.toThrow('400: you must specify at least one command');
    await expect(talk(exec(['ls']), v5, [], { Authorization: 'Bearer wrong' })).rejects.toThrow(
      '401: Unauthorized',
    );
    test.cluster.allowToken('nobody', { username: 'nobody', groups: [] });
    await expect(talk(exec(['ls']), v5, [], { Authorization: 'Bearer nobody' })).rejects.toThrow(
      '403: pods "web" is forbidden: User "nobody" cannot get resource "pods/exec" in API group "" in the namespace "default"',
    );
    const plain = await test.send('GET', exec(['ls']));
    expect(plain).toMatchObject({ code: 400, body: { message: 'Upgrade request required' } });
  });
});

describe('metrics.k8s.io', () => {
  it('derives figures from what running pods request', async () => {
    const { body } = await test.send('GET', '/apis/metrics.k8s.io/v1beta1/namespaces/default/pods');
    expect(body).toMatchObject({
      kind: 'PodMetricsList',
      items: [{ metadata: { name: 'web' }, window: '15s' }],
    });
    const [, side] = body.items[0].containers;
    expect(Number(side.usage.cpu.replace('n', ''))).toBeGreaterThanOrEqual(0.3e9);
    expect(Number(side.usage.cpu.replace('n', ''))).toBeLessThanOrEqual(0.8e9);
    const { body: groups } = await test.send('GET', '/apis');
    expect(groups.groups.map(({ name }: { name: string }) => name)).toContain('metrics.k8s.io');
    expect((await test.send('GET', '/apis/metrics.k8s.io/v1beta1/nodes/none')).code).toBe(404);
    expect((await test.send('GET', '/openapi/v2')).code).toBe(200);
  });

  it('is not served unless asked for', async () => {
    const bare = await TestCluster.start();
    expect((await bare.send('GET', '/apis/metrics.k8s.io/v1beta1/nodes')).code).toBe(404);
    await bare.close();
  });
});
