import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalServer } from './local-server.js';
import { startLocalServer } from './local-server.js';
import type { Finished } from './tools.js';
import { kubectl, run } from './tools.js';

/** What an administrator types about users and roles, with an unmodified kubectl. Tests build on those before them. */
describe.skipIf(kubectl === undefined)('kubectl', () => {
  let server: LocalServer;

  beforeAll(async () => {
    server = await startLocalServer();
  });

  afterAll(async () => {
    await server.close();
  });

  const attempt = (args: string): Promise<Finished> =>
    run(kubectl ?? 'kubectl', ['--kubeconfig', server.kubeconfig, ...args.split(' ')]);

  /** The command's output; a failure is the test's. */
  async function k(args: string): Promise<string> {
    const { code, stdout, stderr } = await attempt(args);
    expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' });
    return stdout;
  }

  it('says who one is', async () => {
    const output = await k('auth whoami --as=jane --as-group=developers --as-uid=7');
    expect(output).toMatch(/Username +jane/);
    expect(output).toMatch(/Groups +\[developers system:authenticated\]/);
    expect(output).toMatch(/UID +7/);
  });

  it('is told what somebody may do once a role is bound', async () => {
    expect((await attempt('auth can-i list pods --as=jane')).stdout).toBe('no\n');
    await k('create rolebinding viewers --clusterrole=view --user=jane');
    expect((await attempt('auth can-i list pods --as=jane')).stdout).toBe('yes\n');
    expect((await attempt('auth can-i list pods -n kube-system --as=jane')).stdout).toBe('no\n');
    expect((await attempt('auth can-i get /version --as=jane')).stdout).toBe('yes\n');
    const list = await k('auth can-i --list --as=jane');
    expect(list).toMatch(/^configmaps +\[\] +\[\] +\[get list watch\]$/m);
    expect(list).toMatch(/^ +\[\/livez\] +\[\] +\[get\]$/m);
  });

  it('reads as somebody what they may read, and is refused the rest', async () => {
    expect((await attempt('get pods --as=jane')).code).toBe(0);
    const refused = await attempt('get secrets --as=jane');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      'secrets is forbidden: User "jane" cannot list resource "secrets" in API group "" in the namespace "default"',
    );
  });

  it('can’t give away what one doesn’t have', async () => {
    await k('create rolebinding managers --clusterrole=admin --user=ada');
    await k('create role reader --verb=get,list --resource=pods,secrets --as=ada');
    const { code, stderr } = await attempt('create role more --verb=get --resource=nodes --as=ada');
    expect(code).toBe(1);
    expect(stderr).toContain('is attempting to grant RBAC permissions not currently held:');
    expect(stderr).toContain('{APIGroups:[""], Resources:["nodes"], Verbs:["get"]}');
  });

  it('makes tokens of service accounts, which have the rights of the account', async () => {
    await k('create serviceaccount robot');
    await k('create rolebinding robots --role=reader --serviceaccount=default:robot');
    const token = (await k('create token robot --duration=10m')).trim();
    const { status } = await fetchAs(token, '/api/v1/namespaces/default/pods');
    expect(status).toBe(200);
    expect((await fetchAs(token, '/api/v1/namespaces/default/configmaps')).status).toBe(403);
    await k('delete serviceaccount robot');
    expect((await fetchAs(token, '/api/v1/namespaces/default/pods')).status).toBe(401);
  });

  /** By kubectl too, without the administrator's kubeconfig. */
  async function fetchAs(token: string, path: string): Promise<{ status: number }> {
    const connection = ['--server', server.url, '--insecure-skip-tls-verify', '--token', token];
    const args = ['--kubeconfig', '/dev/null', ...connection, 'get', '--raw', path];
    const { code, stderr } = await run(kubectl ?? 'kubectl', args);
    if (code === 0) return { status: 200 };
    return { status: stderr.includes('Forbidden') ? 403 : stderr.includes('Unauthorized') ? 401 : 0 };
  }
});
