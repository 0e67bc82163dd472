import type { KubeObject } from '../../object.js';
import { randomSuffix } from '../names.js';
import type { Attributes } from './attributes.js';
import { refuse } from './attributes.js';

interface Container {
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
}

interface AccountSpec {
  serviceAccountName?: string;
  serviceAccount?: string;
  automountServiceAccountToken?: boolean;
  imagePullSecrets?: unknown[];
  containers?: Container[];
  initContainers?: Container[];
  volumes?: { name: string; [source: string]: unknown }[];
}

const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The ServiceAccount admission: a new pod's account, by default `default`, with its token as a volume of each
 * container, and its pull secrets (k8s.io/kubernetes `plugin/pkg/admission/serviceaccount`).
 */
export function useServiceAccount(attributes: Attributes): void {
  const { context, resource, object: pod } = attributes;
  if (resource.storage !== 'pods' || !context.controllers.serviceAccount) return;
  const spec = (pod.spec ??= { containers: [] }) as AccountSpec;
  const name = (spec.serviceAccountName ||= spec.serviceAccount || 'default');
  spec.serviceAccount = name;
  const text = context.store.read('serviceaccounts', `${pod.metadata.namespace}/${name}`);
  if (text === undefined) {
    // In a namespace that was made in this instant the controller hasn't made `default` yet.
    if (name === 'default') return;
    const which = `${pod.metadata.namespace}/${name}`;
    refuse(attributes, `error looking up service account ${which}: serviceaccount "${name}" not found`);
  }
  const account = JSON.parse(text) as KubeObject & AccountSpec;
  const secrets = account.imagePullSecrets ?? [];
  if ((spec.imagePullSecrets ?? []).length === 0 && secrets.length > 0) spec.imagePullSecrets = secrets;
  if ((spec.automountServiceAccountToken ?? account.automountServiceAccountToken) !== false)
    mountToken(spec, context.random);
}

function mountToken(spec: AccountSpec, random: () => number): void {
  const without = [...(spec.initContainers ?? []), ...(spec.containers ?? [])].filter(
    ({ volumeMounts }) => volumeMounts?.some(({ mountPath }) => mountPath === MOUNT_PATH) !== true,
  );
  if (without.length === 0) return;
  const name = `kube-api-access-${randomSuffix(random)}`;
  for (const container of without) {
    const mount = { name, readOnly: true, mountPath: MOUNT_PATH };
    container.volumeMounts = [...(container.volumeMounts ?? []), mount];
  }
  spec.volumes = [
    ...(spec.volumes ?? []),
    { name, projected: { defaultMode: 420, sources: tokenSources() } },
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
