import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCRIPT_ANNOTATION } from '../../src/pods/pod-script.js';
import type { LocalServer } from './local-server.js';
import { startLocalServer } from './local-server.js';
import type { Finished } from './tools.js';
import { kubectl, run, startUntil } from './tools.js';

const script = {
  log: 'starting\nlistening on :8080\n',
  commands: { 'nginx -v': { stderr: 'nginx version: nginx/1.27\n', exitCode: 3 } },
  files: { '/etc/app.conf': 'answer = 42\n' },
  ports: { '8080': 'hello\n' },
};

/** Both transports that kubectl has for streams. */
const transports = [
  ['WebSocket', { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'true', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'true' }],
  ['SPDY', { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }],
] as const;

describe.skipIf(kubectl === undefined).each(transports)('kubectl over %s', (_, env) => {
  let server: LocalServer;

  beforeAll(async () => {
    server = await startLocalServer();
    server.cluster.api.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'web',
        namespace: 'default',
        annotations: { [SCRIPT_ANNOTATION]: JSON.stringify(script) },
      },
      spec: {
        containers: [
          {
            name: 'main',
            image: 'web:1',
            env: [{ name: 'COLOUR', value: 'green' }],
            ports: [{ containerPort: 80 }],
          },
        ],
      },
    });
    await server.api.idle();
    const wait = await k('wait --for=condition=Ready pod/web --timeout=30s');
    expect(wait).toMatchObject({ code: 0 });
  });

  afterAll(() => server.close());

  const k = (args: string | readonly string[], input?: string): Promise<Finished> =>
    run(
      kubectl ?? 'kubectl',
      ['--kubeconfig', server.kubeconfig, ...(typeof args === 'string' ? args.split(' ') : args)],
      { env, ...(input === undefined ? {} : { input }) },
    );

  it('prints a log, its end and its times', async () => {
    expect(await k('logs web')).toEqual({ code: 0, stdout: script.log, stderr: '' });
    expect((await k('logs web --tail=1')).stdout).toBe('listening on :8080\n');
    expect((await k('logs web --timestamps --limit-bytes=40')).stdout).toMatch(/^\S{29}Z starting\n/);
    expect(await k('logs web --previous')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('previous terminated container "main" in pod "web" not found'),
    });
  });

  it('runs commands and says how they end', async () => {
    expect(await k('exec web -- cat /etc/app.conf')).toEqual({
      code: 0,
      stdout: 'answer = 42\n',
      stderr: '',
    });
    expect(await k('exec web -- nginx -v')).toEqual({
      code: 3,
      stdout: '',
      stderr: 'nginx version: nginx/1.27\ncommand terminated with exit code 3\n',
    });
    expect(await k('exec web -- nothing')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('exec: "nothing": executable file not found in $PATH'),
    });
    expect((await k(['exec', 'web', '--', 'sh', '-c', 'echo $COLOUR; exit 4'])).code).toBe(4);
  });

  it('runs a shell on its standard input', async () => {
    const talk = 'echo my name is $(hostname)\ncd /etc && ls app.conf\nexit 7\n';
    expect(await k('exec -i web -- sh', talk)).toEqual({
      code: 7,
      stdout: 'my name is web\napp.conf\n',
      stderr: 'command terminated with exit code 7\n',
    });
    expect((await k('exec -i web -- cat', 'a\nb')).stdout).toBe('a\nb');
  });

  it('shows what pods and nodes use', async () => {
    expect((await k('top pod web --no-headers')).stdout).toMatch(/^web +\d+m +\d+Mi *\n$/);
    expect((await k('top node --no-headers')).stdout).toMatch(/^local-1 +\d+m +\d+% +\d+Mi +\d+% *\n/);
  });

  it('reaches a pod through the proxy of the API', async () => {
    const path = '/api/v1/namespaces/default/pods';
    expect((await k(`get --raw ${path}/web:8080/proxy/`)).stdout).toBe('hello\n');
    expect((await k(`get --raw ${path}/web/proxy/`)).stdout).toBe('web');
    expect((await k(`get --raw ${path}/web:81/proxy/`)).stderr).toContain('connect: connection refused');
  });

  it('copies nothing and says why', async () => {
    const { code, stdout, stderr } = await k('cp default/web:/etc/app.conf /dev/null');
    expect(code).toBe(1);
    expect(stdout + stderr).toContain('this container is simulated');
  });

  it('forwards a port, and says of another that nothing listens', async () => {
    const args = ['--kubeconfig', server.kubeconfig, 'port-forward', 'pod/web', ':8080', ':81'];
    const child = spawn(kubectl ?? 'kubectl', args, { env: { ...process.env, ...env } });
    let [output, errors] = ['', ''];
    const port = (to: number): Promise<string> =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = new RegExp(`127.0.0.1:(\\d+) -> ${to}`).exec(output)?.[1];
          if (found !== undefined) resolve(found);
        };
        child.stdout.on('data', look);
        look();
      });
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const refused = new Promise<void>((resolve) => {
      child.stderr.on('data', (chunk: Buffer) => {
        errors += chunk.toString();
        if (/connection refused/.test(errors)) resolve();
      });
    });
    const url = `http://127.0.0.1:${await port(8080)}/`;
    for (let times = 0; times < 3; times += 1) expect(await (await fetch(url)).text()).toBe('hello\n');
    await fetch(`http://127.0.0.1:${await port(81)}/`).catch(() => undefined);
    await refused;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill();
    await ended;
  });

  it('follows a log until the pod is deleted', async () => {
    const args = ['--kubeconfig', server.kubeconfig, 'logs', '-f', 'web'];
    const { child } = await startUntil(kubectl ?? 'kubectl', args, /listening/);
    const ended = new Promise((resolve) => child.once('close', resolve));
    server.cluster.api.delete('pods', 'default', 'web', { gracePeriodSeconds: 0 });
    expect(await ended).toBe(0);
  });
});
