import { readFileSync } from 'node:fs';
import type { Cluster, KubeObject } from '@scale-cluster/memory-apiserver';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AgentControllers } from '../../src/agent-doings/agent-controllers.js';
import { ensureAgentToken, ensureAggregationSecret } from '../../src/agent-doings/agent-objects.js';
import { ClusterTokens } from '../../src/agent-doings/identity.js';
import {
  applyImportManifest,
  parseImportManifest,
  splitImportManifest,
} from '../../src/agent-doings/import-manifest.js';
import { podRequestsAnnotation } from '../../src/agent-doings/pod-totals.js';
import { MemoryObjects } from '../../src/backend/memory-objects.js';
import { MemoryTemplate, type AgentPart } from '../../src/backend/memory-template.js';
import { silentLogger } from '../../src/logger.js';
import { defaultTemplate } from '../../src/template/default-template.js';
import { parseTemplate } from '../../src/template/load.js';

const fixture = readFileSync(new URL('../fixtures/import-manifest.yaml', import.meta.url), 'utf8');
const template = parseTemplate(defaultTemplate, 'cluster.yaml', 0);
const createdAt = Date.UTC(2026, 0, 2, 3, 4, 5);
const secret = Buffer.alloc(32, 7).toString('base64');

const newTemplate = (
  options: Partial<ConstructorParameters<typeof MemoryTemplate>[1]> = {},
): MemoryTemplate => {
  const made = new MemoryTemplate(template, { tokenKey: 'key', metrics: true, ...options });
  onTestFinished(() => made.close());
  return made;
};

const cluster = (uid: string): { name: string; uid: string; createdAt: number; caCert: string } => ({
  name: 'demo',
  uid,
  createdAt,
  caCert: 'PEM',
});

function split(yaml: string): { agent: AgentPart; own: string } {
  const parts = splitImportManifest(yaml);
  if (parts === undefined) throw new Error('the fixture has a Secret');
  const { shared, credentials, own } = parts;
  return { agent: { manifest: shared.slice(0, 100), credentials, text: shared }, own };
}

/** What the agent does after the import: both Secrets, and the account's annotation. */
async function installRest({ api, uid }: Cluster): Promise<void> {
  const objects = new MemoryObjects(api);
  await ensureAgentToken(objects, new ClusterTokens(secret, uid), 'PEM');
  await ensureAggregationSecret(objects, {
    rancherURL: 'https://r.example',
    registrationToken: 'token',
    caCert: 'CA',
    caChecksum: 'abc',
  });
}

async function installed(of: MemoryTemplate, uid: string, yaml = fixture): Promise<Cluster> {
  const { agent, own } = split(yaml);
  const made = of.createCluster(cluster(uid), agent);
  await applyImportManifest(new MemoryObjects(made.api), parseImportManifest(own));
  await installRest(made);
  return made;
}

/** The way without anything shared: all of the manifest is written and rolled out, the agent counts its own pod. */
async function written(of: MemoryTemplate, uid: string): Promise<Cluster> {
  const made = of.createCluster(cluster(uid));
  const due = new Map<string, () => void>();
  const controllers = new AgentControllers({
    objects: new MemoryObjects(made.api),
    hasPodTotals: true,
    uid,
    delayer: { delay: (key, _ms, run) => void due.set(key, run) },
    onError: (error) => expect.fail(String(error)),
  });
  onTestFinished(() => controllers.close());
  await applyImportManifest(new MemoryObjects(made.api), parseImportManifest(fixture));
  await installRest(made);
  const available = (): unknown =>
    (made.api.get('deployments.apps', 'cattle-system', 'cattle-cluster-agent')['status'] as KubeObject)?.[
      'availableReplicas'
    ];
  await expect.poll(available, { timeout: 10_000 }).toBe(1);
  for (const run of due.values()) run();
  await new Promise(setImmediate);
  return made;
}

interface Meta {
  kind: string;
  metadata: KubeObject['metadata'];
}

const place = ({ kind, metadata: { namespace = '', name } }: Meta): string => `${kind} ${namespace}/${name}`;

/** All that clients see, with words for what is random or depends on the moment: objects by kind and name. */
function seen(of: Cluster): Map<string, unknown> {
  const { items } = of.snapshot();
  const nameOf = (kind: string): string =>
    items.find((item) => item.kind === kind && item.metadata.name.startsWith('cattle-cluster-agent-'))
      ?.metadata.name ?? '';
  const replicaSet = nameOf('ReplicaSet');
  const service = of.api.get('services', 'cattle-system', 'cattle-cluster-agent');
  const words: [string, string][] = [
    [nameOf('Pod'), 'POD'],
    [nameOf('EndpointSlice'), 'SLICE'],
    [replicaSet, 'REPLICASET'],
    [replicaSet.slice(replicaSet.lastIndexOf('-') + 1), 'HASH'],
    [(service['spec'] as { clusterIP: string }).clusterIP, 'IP'],
    [new ClusterTokens(secret, of.uid).agentSecretName, 'TOKEN-NAME'],
    [Buffer.from(new ClusterTokens(secret, of.uid).agentToken).toString('base64'), 'TOKEN'],
  ];
  let text = JSON.stringify(items.filter(({ kind }) => kind !== 'Event'));
  for (const [random, word] of words) text = text.replaceAll(random, word);
  text = text
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID')
    .replaceAll(/20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
    .replaceAll(/"resourceVersion":"\d+"/g, '"resourceVersion":"N"')
    .replaceAll(/kube-api-access-[a-z0-9]{5}/g, 'ACCESS')
    .replaceAll(/containerd:\/\/[0-9a-f]{64}/g, 'CONTAINER');
  const objects = JSON.parse(text) as Meta[];
  // Entries of one second stand in another order than those of two.
  const order = (one: unknown): string =>
    ['manager', 'subresource'].map((key) => String((one as Record<string, string>)[key])).join();
  for (const { metadata } of objects)
    (metadata.managedFields as unknown[] | undefined)?.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  return new Map(objects.map((object) => [place(object), object]));
}

describe('a cluster that has the agent from the start', () => {
  let one: MemoryTemplate;
  beforeAll(() => {
    one = new MemoryTemplate(template, { tokenKey: 'key', metrics: true });
    return () => one.close();
  });

  it('looks the same to clients as one in which it was installed, object by object', async () => {
    const [shared, plain] = [seen(await installed(one, 'shared')), seen(await written(one, 'written'))];
    expect([...shared.keys()].sort()).toEqual([...plain.keys()].sort());
    for (const [name, object] of plain) expect(shared.get(name), name).toEqual(object);
    expect([...shared.keys()]).toEqual(
      expect.arrayContaining([
        'Deployment cattle-system/cattle-cluster-agent',
        'Pod cattle-system/POD',
        'Secret cattle-system/cattle-credentials-0123456789',
        'ClusterRoleBinding /cattle-admin-binding',
        'ServiceAccount cattle-system/default',
        'ConfigMap cattle-system/kube-root-ca.crt',
      ]),
    );
    const { metadata } = shared.get('Deployment cattle-system/cattle-cluster-agent') as Meta;
    expect(metadata.managedFields).toMatchObject([
      { manager: 'kube-controller-manager', subresource: 'status' },
      { manager: 'kubectl-client-side-apply' },
    ]);
  });

  it('has owners that are there by the uids that are named', async () => {
    const { items } = (await installed(one, 'owners')).snapshot();
    const uids = new Map(items.map((item) => [item.metadata.uid, place(item)]));
    expect(uids.size).toBe(items.length);
    const owned = items.flatMap((item) =>
      (item.metadata.ownerReferences ?? []).map((owner) => [
        uids.get(owner.uid),
        place({ kind: owner.kind, metadata: { ...item.metadata, name: owner.name } }),
      ]),
    );
    expect(owned.length).toBeGreaterThan(3);
    for (const [actual, named] of owned)
      expect(actual?.replace(/ .*\//, ' ')).toBe(named?.replace(/ .*\//, ' '));
  });

  it('has its own credentials wherever they are named', async () => {
    const yaml = fixture.replaceAll('0123456789', 'fedcba9876');
    const [first, other] = [await installed(one, 'first'), await installed(one, 'other', yaml)];
    const mentions = (of: Cluster, id: string): string[] =>
      of
        .snapshot()
        .items.filter((item) => JSON.stringify(item).includes(`cattle-credentials-${id}`))
        .map(({ kind }) => kind);
    const kinds = ['Deployment', 'Pod', 'ReplicaSet', 'Secret'];
    expect(mentions(first, '0123456789').sort()).toEqual(kinds);
    expect(mentions(first, 'fedcba9876')).toEqual([]);
    expect(mentions(other, 'fedcba9876').sort()).toEqual(kinds);
    expect(mentions(other, '0123456789')).toEqual([]);
  });

  it('costs four writes: its Secrets, and where its account’s token is', async () => {
    const writes: string[] = [];
    const { agent, own } = split(fixture);
    const onWrite = ({ storage, name }: { storage: string; name: string }): void =>
      void writes.push(`${storage}/${name}`);
    const made = one.createCluster({ ...cluster('writes'), onWrite }, agent);
    expect(writes).toEqual([]);
    await applyImportManifest(new MemoryObjects(made.api), parseImportManifest(own));
    await installRest(made);
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    expect(writes).toEqual([
      'secrets/cattle-credentials-0123456789',
      `secrets/${new ClusterTokens(secret, 'writes').agentSecretName}`,
      'serviceaccounts/cattle',
      'secrets/stv-aggregation',
    ]);
  });

  it('is the same when it is made again by another process', () => {
    const { agent } = split(fixture);
    const texts = [newTemplate(), newTemplate()].map((each) =>
      JSON.stringify(each.createCluster(cluster('again'), agent).snapshot()),
    );
    expect(texts[0]).toBe(texts[1]);
  });

  it('keeps what was changed of the agent’s objects, over a restart too', async () => {
    const { agent } = split(fixture);
    const entries: Parameters<NonNullable<Parameters<MemoryTemplate['createCluster']>[0]['onWrite']>>[0][] =
      [];
    const before = one.createCluster(
      { ...cluster('kept'), onWrite: (entry) => void entries.push(entry) },
      agent,
    );
    before.api.patch('deployments.apps', 'cattle-system', 'cattle-cluster-agent', 'strategic', {
      spec: {
        template: {
          spec: { containers: [{ name: 'cluster-register', image: 'rancher/rancher-agent:v2.15.1' }] },
        },
      },
    });
    const image = (of: Cluster): string[] =>
      of.api
        .list('pods', { namespace: 'cattle-system' })
        .map(({ spec }) => (spec as { containers: { image: string }[] }).containers[0]?.image ?? '');
    await expect.poll(() => image(before), { timeout: 10_000 }).toEqual(['rancher/rancher-agent:v2.15.1']);
    const after = newTemplate().createCluster({ ...cluster('kept'), restore: entries }, agent);
    expect(after.snapshot()).toEqual(before.snapshot());
  });

  it('leaves the agent’s pod to somebody else where somebody else runs the pods', () => {
    const others = newTemplate({ kubelet: 'external' });
    const { api } = others.createCluster(cluster('external'), split(fixture).agent);
    const [pod] = api.list('pods', { namespace: 'cattle-system' });
    const { nodeName = '' } = pod?.['spec'] as { nodeName?: string };
    expect(pod?.['status']).toMatchObject({ phase: 'Pending' });
    const { annotations = {} } = api.get('nodes', undefined, nodeName).metadata;
    const onNode = api
      .list('pods')
      .filter(({ spec }) => (spec as { nodeName?: string }).nodeName === nodeName);
    expect(JSON.parse(annotations[podRequestsAnnotation] ?? '{}')).toMatchObject({
      pods: String(onNode.length),
    });
  });

  it('begins without an agent that its template’s clusters refuse, and the log says so once', () => {
    const errors: unknown[] = [];
    const logger = { ...silentLogger, error: (object: object) => void errors.push(object) };
    const refusing = newTemplate({ logger });
    const { agent } = split(fixture.replace('kind: Deployment', 'kind: Deploiment'));
    expect([refusing.canShare(agent), one.canShare(split(fixture).agent)]).toEqual([false, true]);
    const made = ['a', 'b'].map((uid) => refusing.createCluster(cluster(uid), agent));
    for (const { api } of made) expect(api.find('namespaces', undefined, 'cattle-system')).toBeUndefined();
    expect(errors).toEqual([
      expect.objectContaining({ error: expect.stringMatching(/Deploiment .*was refused/) as string }),
    ]);
  });
});
