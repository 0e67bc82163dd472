import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalServer } from './local-server.js';
import { startLocalServer } from './local-server.js';
import type { Finished } from './tools.js';
import { kubectl, run, startUntil } from './tools.js';

const deployment = (image: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: main, image: '${image}', ports: [{containerPort: 80}], env: [{name: A, value: b}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`;

/** What a user types on a first day, with an unmodified kubectl. Tests build on those before them. */
describe.skipIf(kubectl === undefined)('kubectl', () => {
  let server: LocalServer;

  beforeAll(async () => {
    server = await startLocalServer();
  });

  afterAll(async () => {
    await server.close();
  });

  const attempt = (args: readonly string[], input?: string): Promise<Finished> =>
    run(
      kubectl ?? 'kubectl',
      ['--kubeconfig', server.kubeconfig, ...args],
      input === undefined ? {} : { input },
    );

  /** The command's output; a failure is the test's. */
  async function k(args: string, input?: string): Promise<string> {
    const { code, stdout, stderr } = await attempt(args.split(' '), input);
    expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' });
    return stdout;
  }

  it('gets nodes, pods and services of all namespaces', async () => {
    const output = await k('get nodes,pods,svc,ns -A');
    expect(output).toMatch(/node\/local-1 +Ready +worker/);
    expect(output).toMatch(/service\/kubernetes +ClusterIP +10\.43\.0\.1/);
    expect(output).toMatch(/namespace\/kube-system +Active/);
  });

  it('applies a Deployment, and says unchanged when applied again', async () => {
    expect(await k('apply -f -', deployment('nginx:1'))).toBe(
      'deployment.apps/web created\nservice/web created\n',
    );
    expect(await k('apply -f -', deployment('nginx:1'))).toBe(
      'deployment.apps/web unchanged\nservice/web unchanged\n',
    );
  });

  it('follows a rollout until its pods run', async () => {
    expect(await k('rollout status deployment/web --timeout=15s')).toContain('successfully rolled out');
    const pods = await k('get pods -l app=web -o wide');
    expect(pods.match(/1\/1 +Running/g)).toHaveLength(2);
    expect(await k('get endpoints web -o jsonpath={.subsets[0].addresses[*].ip}')).toMatch(/^[\d.]+ [\d.]+$/);
  });

  it('shows a difference and applies it', async () => {
    const { code, stdout } = await attempt(['diff', '-f', '-'], deployment('nginx:2'));
    expect(code).toBe(1);
    expect(stdout).toMatch(/-\s+image: nginx:1\n\+\s+image: nginx:2/);
    expect(await k('apply -f -', deployment('nginx:2'))).toBe(
      'deployment.apps/web configured\nservice/web unchanged\n',
    );
    await k('rollout status deployment/web --timeout=15s');
    expect(await k('rollout history deployment/web')).toMatch(/\n1 .*\n2 /);
  });

  it('goes back to the revision before', async () => {
    await k('rollout undo deployment/web');
    await k('rollout status deployment/web --timeout=15s');
    expect(await k('get deployment web -o jsonpath={.spec.template.spec.containers[0].image}')).toBe(
      'nginx:1',
    );
  });

  it('describes a Deployment, a pod and a node', async () => {
    const described = await k('describe deployment web');
    expect(described).toContain('2 desired | 2 updated | 2 total | 2 available | 0 unavailable');
    expect(described).toContain('ScalingReplicaSet');
    expect(await k('describe pods -l app=web')).toContain('Successfully assigned default/web-');
    expect(await k('describe node local-1')).toMatch(/Allocatable:\n +cpu: +4/);
  });

  it('scales', async () => {
    expect(await k('scale deployment web --replicas=4')).toBe('deployment.apps/web scaled\n');
    await k('rollout status deployment/web --timeout=15s');
    expect(await k('get deployment web')).toMatch(/web +4\/4 +4 +4/);
  });

  it('patches by all three kinds of patch, and by a subresource', async () => {
    await k(
      'patch deployment web -p {"spec":{"template":{"spec":{"containers":[{"name":"main","image":"nginx:3"}]}}}}',
    );
    await k('patch deployment web --type=merge -p {"metadata":{"labels":{"tier":"front"}}}');
    await k('patch deployment web --type=json -p [{"op":"add","path":"/metadata/labels/x","value":"y"}]');
    await k('patch deployment web --subresource=scale --type=merge -p {"spec":{"replicas":1}}');
    const shown = JSON.parse(await k('get deployment web -o json'));
    expect(shown.metadata.labels).toEqual({ app: 'web', tier: 'front', x: 'y' });
    expect(shown.spec.replicas).toBe(1);
    expect(shown.spec.template.spec.containers).toMatchObject([
      { name: 'main', image: 'nginx:3', ports: [{ containerPort: 80 }] },
    ]);
  });

  it('labels, annotates and replaces', async () => {
    expect(await k('label deployment web a=b')).toContain('labeled');
    expect(await k('annotate deployment web note=hello')).toContain('annotated');
    let manifest = '';
    // A status that its controller writes meanwhile makes what was read the older version, here as upstream.
    await expect
      .poll(
        async () => {
          manifest = await k('get deployment web -o json');
          return (await attempt(['replace', '-f', '-'], manifest)).stdout;
        },
        { timeout: 20_000 },
      )
      .toBe('deployment.apps/web replaced\n');
    const stale = manifest.replace(/"resourceVersion": "\d+"/, '"resourceVersion": "1"');
    const { code, stderr } = await attempt(['replace', '-f', '-'], stale);
    expect(code).toBe(1);
    expect(stderr).toContain('the object has been modified; please apply your changes to the latest version');
  });

  it('waits for a condition', async () => {
    expect(await k('wait --for=condition=Available deployment/web --timeout=15s')).toContain('condition met');
  });

  it('watches', async () => {
    const args = ['--kubeconfig', server.kubeconfig, 'get', 'configmaps', '-w', '--output-watch-events'];
    const { child, output } = await startUntil(kubectl ?? 'kubectl', args, /kube-root-ca/);
    const deleted = new Promise<void>((resolve) => {
      child.stdout?.on('data', () => {
        if (/DELETED +seen/.test(output())) resolve();
      });
    });
    await k('create configmap seen --from-literal=a=b');
    await k('delete configmap seen');
    await deleted;
    expect(output()).toMatch(/ADDED +seen +1/);
    child.kill();
  });

  it('refuses unknown fields, or warns of them', async () => {
    const wrong = deployment('nginx:3').replace('replicas:', 'replica: 1\n  replicas:');
    const strict = await attempt(['apply', '-f', '-'], wrong);
    expect(strict.code).toBe(1);
    expect(strict.stderr).toContain('unknown field "spec.replica"');
    const warned = await attempt(['apply', '--validate=warn', '-f', '-'], wrong);
    expect(warned).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('Warning: unknown field "spec.replica"'),
    });
  });

  it('applies on the server and meets conflicts', async () => {
    expect(await k('apply --server-side --force-conflicts -f -', deployment('nginx:4'))).toContain(
      'serverside-applied',
    );
    const { code, stderr } = await attempt(
      ['apply', '--server-side', '--field-manager=other', '-f', '-'],
      deployment('nginx:5'),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /conflict with "kubectl".*\.spec\.template\.spec\.containers\[name="main"\]\.image/s,
    );
  });

  it('explains fields', async () => {
    expect(await k('explain deployment.spec.template.spec.containers')).toMatch(/image\t<string>/);
  });

  it('knows who it is and what it may do', async () => {
    expect(await k('auth can-i create deployments')).toBe('yes\n');
    expect(await k('auth whoami')).toMatch(/Username +admin/);
    expect(await k('auth can-i --list')).toContain('*.*');
  });

  it('lists resources and versions', async () => {
    expect(await k('api-resources --namespaced=false')).toMatch(/nodes +no +v1 +false +Node/);
    expect(await k('api-versions')).toContain('apps/v1\n');
    const version = JSON.parse(await k('version -o json'));
    expect(version.serverVersion).toMatchObject({ gitVersion: 'v1.34.1', major: '1', minor: '34' });
  });

  it('creates a token that works', async () => {
    const token = (await k('create token default')).trim();
    const { stdout } = await attempt([
      '--token',
      token,
      'auth',
      'whoami',
      '-o',
      'jsonpath={.status.userInfo.username}',
    ]);
    // The kubeconfig's own token would win over --token if that were ignored.
    expect(stdout).toBe('system:serviceaccount:default:default');
  });

  it('creates objects of many kinds by its generators', async () => {
    await k('create configmap settings --from-literal=a=b');
    await k('create secret generic credentials --from-literal=user=admin');
    await k('create serviceaccount robot');
    expect(await k('create token robot --duration=1h')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\s*$/);
    await k('create role reader --verb=get --resource=pods');
    await k('create rolebinding readers --role=reader --serviceaccount=default:robot');
    await k('create job once --image=busybox');
    await k('create cronjob hourly --image=busybox --schedule=@hourly');
    await k('create ingress site --rule=example.com/=web:80');
    await k('create quota limits --hard=pods=10');
    await k('create poddisruptionbudget budget --selector=app=web --min-available=1');
    await k('create priorityclass high --value=1000');
    await k('autoscale deployment web --min=1 --max=3 --cpu-percent=80');
    expect(await k('get secret credentials -o jsonpath={.data.user}')).toBe(
      Buffer.from('admin').toString('base64'),
    );
    expect(await k('wait --for=condition=complete job/once --timeout=30s')).toContain('condition met');
    expect(await k('get hpa,ingress,pdb,quota,cronjob,role,rolebinding')).toMatch(
      /horizontalpodautoscaler.*web/,
    );
  });

  it('answers errors as a cluster does', async () => {
    const missing = await attempt(['get', 'pod', 'missing']);
    expect(missing.stderr).toBe('Error from server (NotFound): pods "missing" not found\n');
    const twice = await attempt(['create', 'configmap', 'settings']);
    expect(twice.stderr).toContain('configmaps "settings" already exists');
    const nowhere = await attempt(['-n', 'nowhere', 'create', 'configmap', 'x']);
    expect(nowhere.stderr).toContain('namespaces "nowhere" not found');
    const kind = await attempt(['get', 'unicorns']);
    expect(kind.stderr).toContain('the server doesn\'t have a resource type "unicorns"');
  });

  it('deletes a namespace with all that is in it', async () => {
    await k('create namespace doomed');
    await k('-n doomed create deployment inner --image=nginx');
    await k('-n doomed rollout status deployment/inner --timeout=15s');
    expect(await k('delete namespace doomed --timeout=60s')).toContain('deleted');
    const { stderr } = await attempt(['get', 'namespace', 'doomed']);
    expect(stderr).toContain('namespaces "doomed" not found');
  }, 70_000);

  it('uses a custom resource with its columns', async () => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'gadgets.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { kind: 'Gadget', plural: 'gadgets', shortNames: ['gg'] },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
              },
            },
            additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
          },
        ],
      },
    };
    await k('apply -f -', JSON.stringify(definition));
    await k('wait --for=condition=Established crd/gadgets.example.com --timeout=5s');
    const gadget = {
      apiVersion: 'example.com/v1',
      kind: 'Gadget',
      metadata: { name: 'one' },
      spec: { size: 7 },
    };
    expect(await k('apply -f -', JSON.stringify(gadget))).toBe('gadget.example.com/one created\n');
    expect(await k('apply -f -', JSON.stringify(gadget))).toBe('gadget.example.com/one unchanged\n');
    expect(await k('get gg')).toMatch(/NAME +SIZE\none +7/);
    expect(await k('explain gadget.spec')).toMatch(/size\t<integer>/);
    await k('delete crd gadgets.example.com');
    expect((await attempt(['get', 'gadgets'])).code).toBe(1);
  });

  it('deletes a Deployment with its pods', async () => {
    expect(await k('delete deployment web')).toMatch(/^deployment.apps "web" deleted/);
    await k('wait --for=delete pod -l app=web --timeout=45s');
    expect(await k('get pods -l app=web')).toBe('');
  }, 60_000);

  it('reads the logs of a pod without a script and enters its small shell', async () => {
    await k('run shell --image=busybox');
    await k('wait --for=condition=Ready pod/shell --timeout=15s');
    expect(await k('logs shell')).toBe('');
    expect(await k('exec shell -- hostname')).toBe('shell\n');
    const { code, stderr } = await attempt(['exec', 'shell', '--', 'no-such-program']);
    expect(code).toBe(1);
    expect(stderr).toContain('no-such-program');
  });
});
