import { ApiError } from '../../errors.js';
import type { FieldCause } from '../../errors.js';
import type { KubeObject } from '../../object.js';
import type { RegistryContext } from '../context.js';
import { equalJson } from '../../codec/json.js';
import { randomSuffix } from '../names.js';
import type { Strategy } from '../strategy.js';

interface Container {
  name: string;
  image?: string;
  resources?: { requests?: Record<string, unknown>; limits?: Record<string, unknown> };
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
}

interface Toleration {
  key?: string;
  operator?: string;
  effect?: string;
  tolerationSeconds?: number;
}

interface PodSpec {
  nodeName?: string;
  containers?: Container[];
  initContainers?: Container[];
  serviceAccountName?: string;
  serviceAccount?: string;
  automountServiceAccountToken?: boolean;
  volumes?: { name: string; [source: string]: unknown }[];
  priority?: number;
  priorityClassName?: string;
  preemptionPolicy?: string;
  tolerations?: Toleration[];
  terminationGracePeriodSeconds?: number;
  activeDeadlineSeconds?: number;
}

/** Without a spec the pod is refused by validation, which comes after this. */
const specOf = (pod: KubeObject): PodSpec => (pod.spec ??= { containers: [] }) as PodSpec;
const allContainers = (spec: PodSpec): Container[] => [
  ...(spec.initContainers ?? []),
  ...(spec.containers ?? []),
];

const forbidden = (pod: KubeObject, why: string): ApiError =>
  new ApiError(403, 'Forbidden', `pods "${pod.metadata.name}" is forbidden: ${why}`, {
    name: pod.metadata.name,
    kind: 'pods',
  });

/** `BestEffort`, `Burstable` or `Guaranteed`: k8s.io/kubernetes `pkg/apis/core/v1/helper/qos` `ComputePodQOS`. */
export function qosClass(containers: readonly Container[]): string {
  const compute = (values: Record<string, unknown> | undefined): string =>
    JSON.stringify([values?.cpu ?? null, values?.memory ?? null]);
  const none = compute(undefined);
  const all = containers.map(({ resources }) => [compute(resources?.requests), compute(resources?.limits)]);
  if (all.every(([requests, limits]) => requests === none && limits === none)) return 'BestEffort';
  const guaranteed = all.every(
    ([requests, limits]) => limits?.includes('null') === false && requests === limits,
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

/** The ServiceAccount admission: the account's name, and its token as a volume of each container. */
function mountServiceAccount(pod: KubeObject, spec: PodSpec, context: RegistryContext): void {
  const name = (spec.serviceAccountName ||= spec.serviceAccount || 'default');
  spec.serviceAccount = name;
  const text = context.store.read('serviceaccounts', `${pod.metadata.namespace}/${name}`);
  if (text === undefined) {
    // In a namespace that was made in this instant the controller hasn't made `default` yet.
    if (name === 'default') return;
    throw forbidden(
      pod,
      `error looking up service account ${pod.metadata.namespace}/${name}: serviceaccount "${name}" not found`,
    );
  }
  const account = JSON.parse(text) as KubeObject;
  const secrets = account.imagePullSecrets as unknown[] | undefined;
  if (
    secrets !== undefined &&
    (pod.spec as { imagePullSecrets?: unknown[] }).imagePullSecrets === undefined
  ) {
    (pod.spec as { imagePullSecrets?: unknown[] }).imagePullSecrets = secrets;
  }
  if ((spec.automountServiceAccountToken ?? account.automountServiceAccountToken) === false) return;
  const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
  const without = allContainers(spec).filter(
    ({ volumeMounts }) => volumeMounts?.some((mount) => mount.mountPath === mountPath) !== true,
  );
  if (without.length === 0) return;
  const volume = `kube-api-access-${randomSuffix(context.random)}`;
  for (const container of without) {
    container.volumeMounts = [...(container.volumeMounts ?? []), { name: volume, readOnly: true, mountPath }];
  }
  spec.volumes = [
    ...(spec.volumes ?? []),
    { name: volume, projected: { defaultMode: 420, sources: tokenSources() } },
  ];
}

const tokenSources = (): object[] => [
  { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
  { configMap: { items: [{ key: 'ca.crt', path: 'ca.crt' }], name: 'kube-root-ca.crt' } },
  {
    downwardAPI: {
      items: [{ fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' }, path: 'namespace' }],
    },
  },
];

/** The Priority admission. */
function setPriority(pod: KubeObject, spec: PodSpec, context: RegistryContext): void {
  const builtin: Record<string, number> = {
    'system-cluster-critical': 2_000_000_000,
    'system-node-critical': 2_000_001_000,
  };
  const name = spec.priorityClassName;
  const text = name ? context.store.read('priorityclasses.scheduling.k8s.io', `/${name}`) : undefined;
  const found =
    text === undefined ? undefined : (JSON.parse(text) as { value?: number; preemptionPolicy?: string });
  if (name && found === undefined && builtin[name] === undefined) {
    throw forbidden(pod, `no PriorityClass with name ${name} was found`);
  }
  spec.priority = found?.value ?? builtin[name ?? ''] ?? 0;
  spec.preemptionPolicy ??= found?.preemptionPolicy ?? 'PreemptLowerPriority';
}

/** The DefaultTolerationSeconds admission. */
function addTolerations(spec: PodSpec): void {
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const tolerated = spec.tolerations?.some(
      (toleration) =>
        (toleration.key === key || (!toleration.key && toleration.operator === 'Exists')) &&
        (!toleration.effect || toleration.effect === 'NoExecute'),
    );
    if (tolerated === true) continue;
    const added = { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 };
    spec.tolerations = [...(spec.tolerations ?? []), added];
  }
}

/** A pod's spec is fixed but for images, deadlines and added tolerations: `ValidatePodUpdate`. */
function validateUpdate(pod: KubeObject, old: KubeObject): FieldCause[] {
  const [now, before] = [specOf(pod), specOf(old)];
  const images = (list: Container[] | undefined, from: Container[] | undefined): Container[] | undefined =>
    list?.map((container, index) => ({ ...container, image: from?.[index]?.image ?? '' }));
  const same: PodSpec = {
    ...now,
    containers: images(now.containers, before.containers) ?? [],
    ...(now.initContainers === undefined
      ? {}
      : { initContainers: images(now.initContainers, before.initContainers) ?? [] }),
  };
  const free = [
    'activeDeadlineSeconds',
    'tolerations',
    'terminationGracePeriodSeconds',
    'schedulingGates',
  ] as const;
  const plain = (spec: PodSpec): Record<string, unknown> => {
    const copy: Record<string, unknown> = { ...spec };
    for (const field of free) delete copy[field];
    return copy;
  };
  const normal = { ...before, containers: images(before.containers, before.containers) ?? [] };
  if (before.initContainers !== undefined)
    normal.initContainers = images(before.initContainers, before.initContainers) ?? [];
  if (equalJson(plain(same), plain(normal))) return [];
  return [
    {
      field: 'spec',
      reason: 'FieldValueForbidden',
      message:
        'Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    },
  ];
}

const ENDED = ['Succeeded', 'Failed'];

export const podStrategy: Strategy = {
  initialStatus: { phase: 'Pending' },
  generation: true,
  returnsDeleted: true,
  prepareForCreate(pod, context) {
    const spec = specOf(pod);
    pod.status = { phase: 'Pending', qosClass: qosClass(allContainers(spec)) };
    if (context.controllers.serviceAccount) mountServiceAccount(pod, spec, context);
    setPriority(pod, spec, context);
    addTolerations(spec);
  },
  validateUpdate,
  gracePeriod(pod, asked, context) {
    const spec = specOf(pod);
    if (!context.controllers.kubelet || !spec.nodeName) return 0;
    if (ENDED.includes((pod.status as { phase?: string } | undefined)?.phase ?? '')) return 0;
    return asked ?? spec.terminationGracePeriodSeconds ?? 30;
  },
};
