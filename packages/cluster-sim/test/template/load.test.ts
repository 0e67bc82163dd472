import { readFileSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiServer, type KubeObject } from '@scale-cluster/memory-apiserver';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TemplateError } from '../../src/errors.js';
import { defaultTemplate } from '../../src/template/default-template.js';
import { loadTemplate, parseTemplate, type Template } from '../../src/template/load.js';
import { temporaryFolder } from '../temporary.js';

const reference = Date.UTC(2025, 0, 10);
const parse = (text: string): Template => parseTemplate(text, 'cluster.yaml', reference);
const find = (template: Template, kind: string, name: string) =>
  template.objects.find((object) => object.kind === kind && object.metadata.name === name);

function errorOf(text: string): TemplateError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
  throw new Error('the template was accepted');
}

describe('the default template', () => {
  it('is written on the first start and read again on the next', async () => {
    const file = join(await temporaryFolder(), 'config', 'cluster.yaml');
    const first = loadTemplate(file);
    expect(await readFile(file, 'utf8')).toBe(defaultTemplate);
    const second = loadTemplate(file);
    expect(second).toEqual(first);
  });

  it('has both nodes, all pods and services of the k3s sample, and nginx and grafana', () => {
    const template = parse(defaultTemplate);
    const names = (kind: string): string[] =>
      template.objects.filter((one) => one.kind === kind).map((one) => one.metadata.name);
    expect(template).toMatchObject({ version: 'v1.28.5+k3s1', nodeCount: 2 });
    expect(names('Node')).toEqual(['{{cluster-name}}-plex1-7050m', '{{cluster-name}}-plex3-7050m']);
    expect(names('Pod')).toHaveLength(10);
    expect(names('Service')).toEqual(['kubernetes', 'kube-dns', 'metrics-server', 'traefik']);
    expect(names('Deployment')).toEqual(['nginx', 'grafana']);
    expect(names('Namespace')).toEqual(expect.arrayContaining(['default', 'kube-system', 'monitoring']));
  });

  it('shows nodes and pods in the state of the sample', () => {
    const template = parse(defaultTemplate);
    expect(find(template, 'Node', '{{cluster-name}}-plex1-7050m')).toMatchObject({
      metadata: {
        creationTimestamp: '2025-01-08T06:00:00Z',
        labels: { 'node-role.kubernetes.io/etcd': 'true', 'node-role.kubernetes.io/control-plane': 'true' },
      },
      status: {
        capacity: { cpu: '4', memory: '8Gi', pods: '110' },
        allocatable: { cpu: '3800m' },
        nodeInfo: { kubeletVersion: 'v1.28.5+k3s1', containerRuntimeVersion: 'containerd://1.7.11-k3s2' },
      },
    });
    expect(find(template, 'Pod', 'svclb-traefik-731eb113-cxmk7')).toMatchObject({
      spec: { nodeName: '{{cluster-name}}-plex1-7050m', containers: [{ name: 'svclb-traefik' }, {}] },
      status: {
        phase: 'Running',
        podIP: '10.42.0.106',
        containerStatuses: [
          { restartCount: 6, ready: true },
          { restartCount: 0, ready: true },
        ],
      },
    });
    expect(find(template, 'Pod', 'helm-install-traefik-977w7')).toMatchObject({
      status: {
        phase: 'Succeeded',
        containerStatuses: [{ ready: false, state: { terminated: { reason: 'Completed' } } }],
      },
    });
    expect(find(template, 'Pod', 'kube-multus-ds-vpmh9')).toMatchObject({ spec: { hostNetwork: true } });
    expect(find(template, 'Service', 'traefik')).toMatchObject({
      spec: {
        type: 'LoadBalancer',
        ports: [
          { port: 80, nodePort: 32522 },
          { port: 443, nodePort: 32443 },
        ],
      },
      status: { loadBalancer: { ingress: [{ ip: '10.244.244.1' }, { ip: '10.244.244.3' }] } },
    });
  });

  it('renders to the same objects every time', () => {
    expect(parse(defaultTemplate)).toEqual(parse(defaultTemplate));
  });

  it('leaves room in cluster names for what node names add', () => {
    expect(parse(defaultTemplate).maxNameLength).toBe(63 - '-plex1-7050m'.length);
  });
});

describe('the ClusterInfo format', () => {
  it('takes the placeholder with or without quotes', () => {
    const template = parse('nodes:\n  - name: {{cluster-name}}-node1\n    internalIP: 10.0.0.1\n');
    expect(find(template, 'Node', '{{cluster-name}}-node1')).toBeDefined();
  });

  it.each([
    [
      'nodes:\n  - name: a\n    capacity: { cpu: lots }\n',
      3,
      'nodes[0].capacity.cpu',
      /"lots" is not a quantity/,
    ],
    [
      'nodes:\n  - name: a\npods:\n  - name: p\n    node: b\n',
      5,
      'pods[0].node',
      /there is no node "b"; did you mean a\?/,
    ],
    [
      'nodes:\n  - name: a\nservices:\n  - name: s\n    ports: 80-90\n',
      5,
      'services[0].ports',
      /is not a list such as/,
    ],
    ['nodes:\n  - name: A_B\n', 2, 'nodes[0].name', /not a valid Kubernetes name/],
    ['nodes:\n  - name: a\n  - name: a\n', 3, 'nodes[1].name', /in the list twice/],
    ['nodes:\n  - name: a\n    age: old\n', 3, 'nodes[0].age', /not an age such as 42h/],
    ['nodes:\n  - name: a\npods:\n  - name: p\n    ready: 2/1\n', 5, 'pods[0].ready', /ready\/total/],
    ['nodes:\n  - nmae: a\n', 2, 'nodes[0]', /name is missing/],
    [
      'nodes:\n  - name: a\n    internalIp: 1.2.3.4\n',
      3,
      'nodes[0].internalIp',
      /unknown key; did you mean internalIP\?/,
    ],
    ['nodes: []\n', 1, 'nodes', /fewer than 1|must not have/],
    ['pods: []\n', 1, '', /at least one node/],
    ['nodes:\n  - name: a\n    roles: master\n', 3, 'nodes[0].roles', /must be array/],
    ['just text\n', 1, '', /expected a cluster description/],
    ['nodes: [\n', 2, '', /not valid YAML/],
  ])('refuses %j at its line', (text, line, path, reason) => {
    const error = errorOf(text);
    expect({ file: error.file, line: error.line, path: error.path }).toEqual({
      file: 'cluster.yaml',
      line,
      path,
    });
    expect(error.reason).toMatch(reason);
    expect(error.message).toContain(`cluster.yaml:${line}: `);
  });

  it('refuses an empty file', () => {
    expect(errorOf('# nothing\n').reason).toBe('the template is empty');
  });
});

describe('the manifest format', () => {
  const node =
    'apiVersion: v1\nkind: Node\nmetadata: { name: "{{cluster-name}}-n1" }\nstatus: { capacity: { cpu: 8, memory: 32Gi, pods: 250 }, nodeInfo: { kubeletVersion: v1.31.2 } }\n';

  it('takes several documents and Lists, adds missing namespaces, reads the version', () => {
    const template = parse(
      `${node}---\napiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: ConfigMap\n    metadata: { name: a, namespace: shop }\n    data: { who: "{{cluster-name}}" }\n`,
    );
    expect(template).toMatchObject({ version: 'v1.31.2', nodeCount: 1, maxNameLength: 63 });
    expect(find(template, 'Namespace', 'shop')).toBeDefined();
    expect(find(template, 'ConfigMap', 'a')).toMatchObject({ data: { who: '{{cluster-name}}' } });
    expect(find(template, 'Node', '{{cluster-name}}-n1')).toMatchObject({
      status: { capacity: { cpu: '8', pods: '250' } },
    });
  });

  it.each([
    [`${node}---\napiVersion: v1\nkind: Pod\nmetadata: {}\n`, 8, 'metadata', /name is missing/],
    [`${node}---\nkind: Pod\nmetadata: { name: p }\n`, 6, '', /apiVersion is missing/],
    ['apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\n', 1, '', /at least one Node/],
    [node.replace('32Gi', 'big'), 4, 'status.capacity.memory', /not a quantity/],
    [`${node}---\n${node}`, 8, 'metadata.name', /same Node is in line 3 already/],
    [
      `${node}---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  labels: { a: 1 }\n`,
      10,
      'metadata.labels.a',
      /put 1 in quotes/,
    ],
  ])('refuses what is no object of a cluster', (text, line, path, reason) => {
    const error = errorOf(text);
    expect({ line: error.line, path: error.path }).toEqual({ line, path });
    expect(error.reason).toMatch(reason);
  });
});

describe('loadTemplate', () => {
  it('counts ages from the time of the file, so that they survive restarts', async () => {
    const file = join(await temporaryFolder(), 'cluster.yaml');
    await writeFile(file, 'nodes:\n  - name: a\n    age: 1h\n');
    const { mtimeMs } = await stat(file);
    const created = loadTemplate(file).objects.find((one) => one.kind === 'Node')?.metadata.creationTimestamp;
    expect(Date.parse(String(created))).toBe(Math.floor((mtimeMs - 3_600_000) / 1000) * 1000);
  });
});

describe('Stages in a template', () => {
  const stage = (spec: string): string => `
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: { name: mark }
spec:
  resourceRef: { kind: ConfigMap }
  selector: { matchLabels: { stage: new } }
${spec}
`;
  const marking = stage('  next: { patches: [{ template: "metadata: { labels: { stage: done } }" }] }');

  it('stand beside a cluster description and are played in each cluster', async () => {
    const template = parse(`nodes: [{ name: n1 }]\n---${marking}`);
    expect(template.nodeCount).toBe(1);
    const server = new ApiServer();
    onTestFinished(() => server.close());
    const map: KubeObject = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c', namespace: 'default', labels: { stage: 'new' } },
    };
    const base = server.createBase([...template.objects, map]);
    const clusters = ['one', 'two'].map((name) => server.createCluster({ name, uid: name, base }));
    await server.idle();
    for (const { api } of clusters)
      expect(api.get('configmaps', 'default', 'c').metadata.labels).toEqual({ stage: 'done' });
  });

  it('stand among manifests, too', () => {
    const node = 'apiVersion: v1\nkind: Node\nmetadata: { name: n1 }';
    expect(parse(`${node}\n---${marking}`).objects.map(({ kind }) => kind)).toContain('Stage');
  });

  it('are refused with the line of the mistake', () => {
    expect(() =>
      parse(`nodes: [{ name: n1 }]\n---${stage('  next: { statusTemplate: "{{ lookup }}" }')}`),
    ).toThrow('cluster.yaml:9: spec.next.statusTemplate: the template function lookup is not supported');
  });

  it('are as the documentation shows them', () => {
    const page = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8');
    const example = /<!-- stage: begin -->\n```yaml\n(.*?)```/su.exec(page)?.[1] ?? '';
    const [read] = parse(`nodes: [{ name: n1 }]\n---\n${example}`).objects.filter(
      ({ kind }) => kind === 'Stage',
    );
    expect(read?.metadata.name).toBe('oom-killed');
  });
});
