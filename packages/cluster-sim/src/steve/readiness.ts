import type { KubeObject } from '@scale-cluster/memory-apiserver';

/** Whether an object has become what its spec asks for (sigs.k8s.io/cli-utils `kstatus`). */
export interface Readiness {
  status: 'current' | 'in-progress' | 'failed';
  message: string;
}

interface Counts {
  replicas?: number;
  updatedReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  desiredNumberScheduled?: number;
  updatedNumberScheduled?: number;
  numberReady?: number;
  numberAvailable?: number;
  succeeded?: number;
  active?: number;
  failed?: number;
  observedGeneration?: number;
  conditions?: { type: string; status: string; message?: string }[];
}

const current = (message: string): Readiness => ({ status: 'current', message });
const waiting = (message: string): Readiness => ({ status: 'in-progress', message });

/** Kinds without a rule of their own are current as soon as their controller has seen the latest spec. */
export function readiness(object: KubeObject): Readiness {
  const status = (object['status'] ?? {}) as Counts;
  const { generation } = object.metadata;
  if (
    status.observedGeneration !== undefined &&
    generation !== undefined &&
    status.observedGeneration < generation
  ) {
    return waiting(
      `${object.kind} generation is ${generation}, but latest observed generation is ${status.observedGeneration}`,
    );
  }
  return (
    rules[object.kind]?.(object['spec'] as Record<string, unknown>, status) ?? current('Resource is current')
  );
}

type Rule = (spec: Record<string, unknown> | undefined, status: Counts) => Readiness;

const rules: Record<string, Rule | undefined> = {
  Deployment: (spec, status) =>
    counts('Deployment', Number(spec?.['replicas'] ?? 1), [
      ['Replicas', status.replicas],
      ['Updated', status.updatedReplicas],
      ['Available', status.availableReplicas],
    ]),
  ReplicaSet: (spec, status) =>
    counts('ReplicaSet', Number(spec?.['replicas'] ?? 1), [
      ['Replicas', status.replicas],
      ['Available', status.availableReplicas],
      ['Ready', status.readyReplicas],
    ]),
  StatefulSet: (spec, status) =>
    counts('StatefulSet', Number(spec?.['replicas'] ?? 1), [
      ['Replicas', status.replicas],
      ['Ready', status.readyReplicas],
    ]),
  DaemonSet: (_spec, status) =>
    counts('DaemonSet', status.desiredNumberScheduled ?? 0, [
      ['Updated', status.updatedNumberScheduled],
      ['Available', status.numberAvailable],
      ['Ready', status.numberReady],
    ]),
  Job: (_spec, status) => {
    const failure = status.conditions?.find(({ type }) => type === 'Failed');
    if (failure?.status === 'True') return { status: 'failed', message: failure.message ?? 'Job failed' };
    const done = status.conditions?.some(
      ({ type, status: value }) => type === 'Complete' && value === 'True',
    );
    return current(`Job ${done === true ? 'Completed' : 'in progress'}. succeeded: ${status.succeeded ?? 0}`);
  },
  CustomResourceDefinition: (_spec, status) =>
    status.conditions?.some(({ type, status: value }) => type === 'Established' && value === 'True') === true
      ? current('CRD is established')
      : waiting('Waiting for the CRD to be established'),
};

function counts(kind: string, wanted: number, seen: [name: string, count: number | undefined][]): Readiness {
  for (const [name, count = 0] of seen) {
    if (count < wanted) return waiting(`${name}: ${count}/${wanted}`);
  }
  return current(`${kind} is available. Replicas: ${wanted}`);
}
