import type { KubeObject } from '@scale-cluster/memory-apiserver';
import { typeId } from './schemas.js';

/** How an object hangs together with another one (steve `pkg/summarycache`). */
export interface Relationship {
  rel: 'owner' | 'creates' | 'selects' | 'uses';
  fromId?: string;
  fromType?: string;
  toId?: string;
  toType?: string;
  toNamespace?: string;
  selector?: string;
}

interface PodSpec {
  serviceAccountName?: string;
  imagePullSecrets?: { name?: string }[];
  volumes?: Record<
    string,
    { name?: string; secretName?: string; sources?: Record<string, { name?: string }>[] }
  >[];
  containers?: {
    envFrom?: Record<string, { name?: string }>[];
    env?: { valueFrom?: Record<string, { name?: string }> }[];
  }[];
}

/**
 * What the object itself says: its owners, the pods it selects, and the Secrets, ConfigMaps and ServiceAccount that
 * its pods use. The other direction (what uses this Secret) is not searched for.
 */
export function relationships(object: KubeObject): Relationship[] {
  const { namespace, ownerReferences = [] } = object.metadata;
  const id = (name: string): string => (namespace === undefined ? name : `${namespace}/${name}`);
  const owners = ownerReferences.map<Relationship>((owner) => ({
    rel: 'owner',
    fromId: owner.kind === 'Node' || owner.kind === 'Namespace' ? owner.name : id(owner.name),
    fromType: typeId(owner.apiVersion, owner.kind),
  }));
  const selector = selectorOf(object);
  const selected: Relationship[] =
    selector === ''
      ? []
      : [
          {
            rel: object.kind === 'Service' ? 'selects' : 'creates',
            toType: 'pod',
            ...(namespace === undefined ? {} : { toNamespace: namespace }),
            selector,
          },
        ];
  const used = [...new Set(uses(podSpecOf(object)))].map<Relationship>((target) => {
    const [type = '', name = ''] = target.split(' ');
    return { rel: 'uses', toType: type, toId: id(name) };
  });
  return [...owners, ...selected, ...used];
}

const selecting = new Set(['ReplicaSet', 'DaemonSet', 'StatefulSet', 'Deployment', 'Job', 'Service']);

/** The object's pod selector in the form of a `labelSelector` parameter; `''` if it has none. */
function selectorOf(object: KubeObject): string {
  const selector = (object['spec'] as { selector?: unknown } | undefined)?.selector;
  if (!selecting.has(object.kind) || typeof selector !== 'object' || selector === null) return '';
  const { matchLabels, matchExpressions } = selector as {
    matchLabels?: Record<string, string>;
    matchExpressions?: { key: string; operator: string; values?: string[] }[];
  };
  const labels = matchLabels ?? (matchExpressions === undefined ? (selector as Record<string, string>) : {});
  return [
    ...Object.entries(labels).map(([key, value]) => `${key}=${value}`),
    ...(matchExpressions ?? []).map(expression),
  ].join(',');
}

function expression({
  key,
  operator,
  values = [],
}: {
  key: string;
  operator: string;
  values?: string[];
}): string {
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return key;
  }
}

function podSpecOf(object: KubeObject): PodSpec | undefined {
  if (object.kind === 'Pod') return object['spec'] as PodSpec | undefined;
  return (object['spec'] as { template?: { spec?: PodSpec } } | undefined)?.template?.spec;
}

/** `secret name`, `configmap name`, `serviceaccount name`. */
function* uses(spec: PodSpec | undefined): Generator<string> {
  if (spec === undefined) return;
  if (spec.serviceAccountName !== undefined) yield `serviceaccount ${spec.serviceAccountName}`;
  for (const { name } of spec.imagePullSecrets ?? []) if (name !== undefined) yield `secret ${name}`;
  for (const volume of spec.volumes ?? []) {
    const sources = [volume, ...(volume['projected']?.sources ?? [])];
    for (const { secret, configMap } of sources) {
      const name =
        secret === undefined ? undefined : ((secret as { secretName?: string }).secretName ?? secret.name);
      if (name !== undefined) yield `secret ${name}`;
      if (configMap?.name !== undefined) yield `configmap ${configMap.name}`;
    }
  }
  for (const { env = [], envFrom = [] } of spec.containers ?? []) {
    for (const source of [...envFrom, ...env.map(({ valueFrom }) => valueFrom ?? {})]) {
      const secret = source['secretRef']?.name ?? source['secretKeyRef']?.name;
      const configMap = source['configMapRef']?.name ?? source['configMapKeyRef']?.name;
      if (secret !== undefined) yield `secret ${secret}`;
      if (configMap !== undefined) yield `configmap ${configMap}`;
    }
  }
}
