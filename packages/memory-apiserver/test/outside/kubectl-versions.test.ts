import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalServer } from './local-server.js';
import { startLocalServer } from './local-server.js';
import type { Finished } from './tools.js';
import { kubectls, run, startUntil } from './tools.js';

const deployment = (image: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: '${image}', ports: [{containerPort: 80}]}]}
`;

const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Gadget, plural: gadgets}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {size: {type: integer}, note: {type: string, nullable: true}}}
`;

const gadget = `
apiVersion: example.com/v1
kind: Gadget
metadata: {name: one}
spec: {size: 7, note: null}
`;

/** Older versions of kubectl read `/openapi/v2`, newer ones v3; each gets a server. Tests build on those before. */
describe.each(kubectls)('%s', (kubectl) => {
  let server: LocalServer;
  let cache: string;

  beforeAll(async () => {
    server = await startLocalServer({ version: 'v1.28.5' });
    cache = mkdtempSync(join(tmpdir(), 'kubectl-cache-'));
  });

  afterAll(async () => {
    await server.close();
    rmSync(cache, { recursive: true });
  });

  const common = (): string[] => ['--kubeconfig', server.kubeconfig, '--cache-dir', cache];
  const attempt = (args: string, input?: string): Promise<Finished> =>
    run(kubectl, [...common(), ...args.split(' ')], input === undefined ? {} : { input });

  /** The command's output; a failure is the test's. */
  async function k(args: string, input?: string): Promise<string> {
    const { code, stdout, stderr } = await attempt(args, input);
    expect({ args, code, stderr }).toMatchObject({ args, code: 0, stderr: '' });
    return stdout;
  }

  it('applies a Deployment, tells what would change, and follows its rollout', async () => {
    expect(await k('apply -f -', deployment('nginx:1'))).toBe('deployment.apps/web created\n');
    expect(await k('apply -f -', deployment('nginx:1'))).toBe('deployment.apps/web unchanged\n');
    const { code, stdout } = await attempt('diff -f -', deployment('nginx:2'));
    expect(code).toBe(1);
    expect(stdout).toMatch(/-\s+-? ?image: nginx:1\n\+\s+-? ?image: nginx:2/);
    expect(await k('apply -f -', deployment('nginx:2'))).toBe('deployment.apps/web configured\n');
    expect(await k('scale deployment web --replicas=2')).toBe('deployment.apps/web scaled\n');
    expect(await k('rollout status deployment/web --timeout=30s')).toContain('successfully rolled out');
  });

  it('refuses fields that a Deployment has not', async () => {
    const { code, stderr } = await attempt(
      'apply --validate=strict -f -',
      deployment('nginx:2').replace('replicas:', 'replica: 1\n  replicas:'),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/unknown field "(spec\.)?replica"/);
  });

  it('applies a CRD and its resource', async () => {
    expect(await k('apply -f -', definition)).toContain('gadgets.example.com created');
    await k('wait --for=condition=Established crd/gadgets.example.com --timeout=5s');
    expect(await k('apply -f -', gadget)).toBe('gadget.example.com/one created\n');
    expect(await k('apply -f -', gadget)).toBe('gadget.example.com/one unchanged\n');
    expect(await k('explain gadget.spec')).toMatch(/size\t<integer>/);
  });

  it('explains fields and answers what may be done', async () => {
    expect(await k('explain deployment.spec')).toMatch(/replicas\t<integer>/);
    expect(await k('auth can-i create deployments')).toBe('yes\n');
    expect(await k('create token default')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it('watches', async () => {
    const args = [...common(), 'get', 'configmaps', '-w', '--output-watch-events'];
    const { child, output } = await startUntil(kubectl, args, /kube-root-ca/);
    const added = new Promise<void>((resolve) => {
      child.stdout?.on('data', () => {
        if (/ADDED +seen/.test(output())) resolve();
      });
    });
    await k('create configmap seen --from-literal=a=b');
    await added;
    child.kill();
  });

  it('is never told that a document is missing', () => {
    const asked = server.requests.filter((line) => line.includes('/openapi/'));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((line) => !/ (200|304)$/.test(line))).toEqual([]);
  });
});
