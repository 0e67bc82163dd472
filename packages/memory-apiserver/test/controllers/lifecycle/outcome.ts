import type { KubeObject } from '../../../src/object.js';

/** What two clusters must agree on about one object: names of things, not the ids, addresses and times in them. */
export type Outcome = Record<string, unknown>;

const pick = (object: Record<string, unknown> = {}, ...fields: string[]): Outcome =>
  Object.fromEntries(
    fields.filter((field) => object[field] !== undefined).map((field) => [field, object[field]]),
  );

const list = (value: unknown): Record<string, unknown>[] => (value ?? []) as Record<string, unknown>[];

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** KWOK's kubelet says less than a real one; what it says of a running pod is looked at. */
function podOutcome({ spec, status }: KubeObject): Outcome {
  const conditions = list(status.conditions)
    // A real kubelet says of pods that name their node, too, that they are scheduled.
    .filter(
      ({ type, status: value }) =>
        type !== 'PodReadyToStartContainers' && !(type === 'PodScheduled' && value === 'True'),
    )
    .map((condition) => pick(condition, 'type', 'status', 'reason', 'message'));
  const states = (field: string): Outcome[] =>
    list(status[field]).map((container) => ({
      ...pick(container, 'name', 'ready', 'restartCount'),
      state: Object.keys(container['state'] as object),
    }));
  return {
    nodeName: spec.nodeName as unknown,
    phase: status.phase as unknown,
    conditions: conditions.sort(byText),
    containers: states('containerStatuses'),
    initContainers: states('initContainerStatuses'),
    hasAddress: status.podIP !== undefined,
  };
}

const ports = (value: unknown): Outcome[] =>
  list(value).map((port) => pick(port, 'name', 'port', 'protocol'));

const endpointsOutcome = ({ metadata, subsets }: KubeObject): Outcome => ({
  labels: metadata.labels,
  subsets: list(subsets).map((subset) => ({
    ports: ports(subset['ports']),
    ...Object.fromEntries(
      ['addresses', 'notReadyAddresses'].map((field) => [
        field,
        list(subset[field]).map((address) => ({
          ...pick(address, 'hostname', 'nodeName'),
          target: pick(address['targetRef'] as Outcome, 'kind', 'namespace', 'name'),
        })),
      ]),
    ),
  })),
});

const sliceOutcome = ({ metadata, addressType, endpoints, ports: all }: KubeObject): Outcome => ({
  labels: metadata.labels,
  addressType: addressType as unknown,
  owner: metadata.ownerReferences?.map(({ kind, name }) => `${kind}/${name}`),
  ports: ports(all),
  endpoints: list(endpoints)
    .map((endpoint) => ({
      ...pick(endpoint, 'conditions', 'hostname', 'nodeName', 'zone', 'hints'),
      target: pick(endpoint['targetRef'] as Outcome, 'kind', 'name'),
    }))
    .sort(byText),
});

const ownersOf = ({ metadata }: KubeObject): string[] | undefined =>
  metadata.ownerReferences?.map(({ kind, name, controller }) => `${kind}/${name} ${String(controller)}`);

const claimOutcome = (claim: KubeObject): Outcome => ({
  owners: ownersOf(claim),
  ...claimStateOf(claim),
});

const claimStateOf = ({ metadata, spec, status }: KubeObject): Outcome => ({
  annotations: metadata.annotations,
  finalizers: metadata.finalizers,
  volumeName: spec.volumeName as unknown,
  status: pick(status as Outcome, 'phase', 'accessModes', 'capacity'),
});

const withoutTimes = (status: unknown): Outcome =>
  JSON.parse(
    JSON.stringify(status, (key, value: unknown) => (key === 'lastTransitionTime' ? undefined : value)),
  ) as Outcome;

const statusOutcome = ({ status }: KubeObject): Outcome => withoutTimes(status);

/** What controllers of workloads tell of their doings, random parts of names left out. */
const tellers = ['statefulset-controller', 'daemonset-controller', 'controllermanager', 'cronjob-controller'];

const eventText = ({ involvedObject, type, reason, message, source }: KubeObject): string =>
  `${(source as { component: string }).component} ${(involvedObject as { kind: string }).kind} ${type as string} ${reason as string}: ${(message as string).replaceAll(/-[a-z0-9]{5}\b(?=$| on)/g, '-…')}`;

const outcomes: Readonly<Record<string, (object: KubeObject) => Outcome>> = {
  pods: podOutcome,
  endpoints: endpointsOutcome,
  'endpointslices.discovery.k8s.io': sliceOutcome,
  persistentvolumeclaims: claimOutcome,
  'statefulsets.apps': statusOutcome,
  'daemonsets.apps': statusOutcome,
  'poddisruptionbudgets.policy': statusOutcome,
  'cronjobs.batch': statusOutcome,
};

/** The objects of a resource as they are compared, by name; slices by their Service's. */
export function outcomeOf(resource: string, objects: readonly KubeObject[]): Record<string, Outcome> {
  if (resource === 'events') return eventsOutcome(objects);
  const reduce = outcomes[resource];
  if (reduce === undefined) throw new RangeError(`nothing is said of how ${resource} are compared`);
  const entries = objects.map((object) => {
    const { name, labels } = object.metadata;
    const id = resource.startsWith('endpointslices')
      ? (labels?.['kubernetes.io/service-name'] ?? name)
      : name;
    // Through JSON, so that fields that are undefined are none.
    return [id, JSON.parse(JSON.stringify(reduce(object))) as Outcome] as const;
  });
  return Object.fromEntries(entries.sort(byText));
}

/** Once each, however often they were told. */
function eventsOutcome(events: readonly KubeObject[]): Record<string, Outcome> {
  const told = events.filter(({ source }) => tellers.includes((source as { component: string }).component));
  return Object.fromEntries([...new Set(told.map(eventText))].sort().map((text) => [text, {}]));
}
