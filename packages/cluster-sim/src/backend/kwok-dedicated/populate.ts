import { setTimeout as delay } from 'node:timers/promises';
import { isApiError, isStage, type KubeObject } from '@scale-cluster/memory-apiserver';
import { errorText, FleetError } from '../../errors.js';
import { Limiter } from '../../reconcile/limiter.js';
import type { HttpObjects } from '../http-objects/http-objects.js';

export interface Refusal {
  /** `Pod default/nginx` */
  object: string;
  reason: string;
}

/** Requests at a time; a kube-apiserver with an etcd of its own isn't faster with more. */
const concurrency = 16;
const servedWithinMs = 30_000;
const pollMs = 200;

const stepOf: Readonly<Record<string, number>> = {
  'v1/Namespace': 0,
  'apiextensions.k8s.io/v1/CustomResourceDefinition': 1,
  'v1/ServiceAccount': 2,
  'v1/Node': 4,
  'v1/Pod': 5,
  'apps/v1/Deployment': 5,
  'apps/v1/ReplicaSet': 5,
  'apps/v1/StatefulSet': 5,
  'apps/v1/DaemonSet': 5,
  'batch/v1/Job': 5,
  'batch/v1/CronJob': 5,
};
/** What others may need and needs nothing of them: configuration, roles, services. */
const otherStep = 3;

/** The template's objects for a cluster of that name, without what only a server may write. */
export function renderObjects(objects: readonly KubeObject[], clusterName: string): KubeObject[] {
  const plain = objects.filter((object) => !isStage(object) && !isServersOwn(object));
  const rendered = JSON.parse(
    JSON.stringify(plain).replaceAll('{{cluster-name}}', clusterName),
  ) as KubeObject[];
  for (const { metadata } of rendered) {
    delete metadata.resourceVersion;
    delete metadata.uid;
    delete metadata.managedFields;
  }
  return [...rendered, ...defaultAccounts(rendered)].map((object) =>
    object.kind === 'Node' && object.apiVersion === 'v1' ? withKwokMark(object) : object,
  );
}

/**
 * Creates the objects in an order in which each finds what it needs. Those that are there already are left alone, so it
 * may be done again. Returns what the server refused; throws ApiError when it doesn't answer.
 */
export async function populate(objects: HttpObjects, rendered: readonly KubeObject[]): Promise<Refusal[]> {
  const steps = groupBySteps(rendered);
  const refusals: Refusal[] = [];
  for (const [step, group] of steps) {
    const limiter = new Limiter(concurrency);
    const done = group.map((object) =>
      limiter.run(async () => {
        const reason = await create(objects, object);
        if (reason !== undefined) refusals.push({ object: describe(object), reason });
      }),
    );
    await Promise.all(done);
    if (step === 1) await untilServed(objects, group);
  }
  return refusals;
}

function groupBySteps(objects: readonly KubeObject[]): [number, KubeObject[]][] {
  const steps = new Map<number, KubeObject[]>();
  for (const object of objects) {
    const step = stepOf[`${object.apiVersion}/${object.kind}`] ?? otherStep;
    const group = steps.get(step);
    if (group === undefined) steps.set(step, [object]);
    else group.push(object);
  }
  return [...steps].sort(([a], [b]) => a - b);
}

async function create(objects: HttpObjects, object: KubeObject): Promise<string | undefined> {
  try {
    await objects.create(object);
    return undefined;
  } catch (error) {
    if (!isApiError(error) || error.code >= 500 || error.code === 429) throw error;
    return error.reason === 'AlreadyExists' ? undefined : errorText(error);
  }
}

/** Custom resources can be created a moment after their definitions. */
async function untilServed(objects: HttpObjects, definitions: readonly KubeObject[]): Promise<void> {
  for (let waited = 0; waited < servedWithinMs; waited += pollMs) {
    await objects.refreshCatalog();
    const missing = definitions.find(
      ({ metadata }) => objects.catalog.findStorage(metadata.name) === undefined,
    );
    if (missing === undefined) return;
    await delay(pollMs);
  }
  throw new FleetError(
    'ERR_FLEET_NOT_SERVED',
    `the kube-apiserver does not serve all of the template's custom resources after ${servedWithinMs / 1000} s`,
    500,
  );
}

/** Every kube-apiserver makes the Service by which it is reached, with its endpoints (`pkg/controlplane/controller`). */
function isServersOwn({ kind, metadata: { namespace, name, labels } }: KubeObject): boolean {
  if (namespace !== 'default') return false;
  if (kind === 'EndpointSlice') return (labels?.['kubernetes.io/service-name'] ?? name) === 'kubernetes';
  return name === 'kubernetes' && (kind === 'Service' || kind === 'Endpoints');
}

/** Pods are refused until their account exists, which the controller manager makes a moment after the namespace. */
function defaultAccounts(objects: readonly KubeObject[]): KubeObject[] {
  const present = new Set(
    objects
      .filter(({ kind, metadata }) => kind === 'ServiceAccount' && metadata.name === 'default')
      .map(({ metadata }) => metadata.namespace),
  );
  return objects
    .filter(
      ({ kind, apiVersion, metadata }) =>
        kind === 'Namespace' && apiVersion === 'v1' && !present.has(metadata.name),
    )
    .map(({ metadata }) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace: metadata.name },
    }));
}

/** By which KWOK knows the nodes that it is to play (kwok.sigs.k8s.io/docs/user/kwok-manage-nodes-and-pods). */
function withKwokMark(node: KubeObject): KubeObject {
  const { metadata } = node;
  return {
    ...node,
    metadata: {
      ...metadata,
      annotations: { ...metadata.annotations, 'kwok.x-k8s.io/node': 'fake' },
      labels: { ...metadata.labels, type: 'kwok' },
    },
  };
}

function describe({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
}
