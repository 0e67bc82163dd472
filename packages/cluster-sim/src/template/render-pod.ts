import type { KubeObject } from '@scale-cluster/memory-apiserver';
import type { PodInfo } from './cluster-info.js';
import { numbered, resources, texts, timestamp } from './render-common.js';
import { parseReady } from './text-forms.js';

type State = 'running' | 'succeeded' | 'failed' | 'waiting' | 'pending';

interface Container {
  name: string;
  image: string;
}

/**
 * A Pod in the state that the description shows, as its kubelet would have reported it. `index` makes ids, times
 * are milliseconds, `nodeAddress` is the internal IP of the pod's node.
 */
export function renderPod(
  pod: PodInfo,
  index: number,
  createdAt: number,
  nodeAddress: string | undefined,
): KubeObject {
  const status = pod.status ?? 'Running';
  const state = stateOf(status);
  const counts = parseReady(pod.ready ?? '') ?? { ready: state === 'running' ? 1 : 0, total: 1 };
  const base = containerName(pod.name);
  const image = pod.image ?? `${base}:latest`;
  const containers: Container[] = Array.from({ length: Math.max(1, counts.total) }, (_, at) => ({
    name: at === 0 ? base : `${base}-${at + 1}`,
    image,
  }));
  const since = timestamp(createdAt);
  const scheduled = isSet(pod.node);
  const address = isSet(pod.ip) ? pod.ip : undefined;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod.name,
      namespace: pod.namespace ?? 'default',
      creationTimestamp: since,
      ...(pod.labels === undefined ? {} : { labels: texts(pod.labels) }),
    },
    spec: {
      ...(scheduled ? { nodeName: pod.node } : {}),
      ...(address !== undefined && address === nodeAddress ? { hostNetwork: true } : {}),
      restartPolicy: state === 'succeeded' || state === 'failed' ? 'Never' : 'Always',
      serviceAccountName: 'default',
      containers: containers.map((one, at) => ({ ...one, resources: at === 0 ? resources(pod) : {} })),
    },
    status: {
      phase: phases[state],
      ...(scheduled ? { startTime: since } : {}),
      ...(nodeAddress === undefined ? {} : { hostIP: nodeAddress, hostIPs: [{ ip: nodeAddress }] }),
      ...(address === undefined ? {} : { podIP: address, podIPs: [{ ip: address }] }),
      conditions: conditions(state, counts.ready >= counts.total, scheduled, since),
      ...(scheduled
        ? {
            containerStatuses: containers.map((one, at) =>
              containerStatus(one, {
                state,
                reason: status,
                ready: at < counts.ready,
                restarts: at === 0 ? (pod.restarts ?? 0) : 0,
                since,
                id: numbered(`container-${index}`, at).replaceAll('-', ''),
              }),
            ),
          }
        : {}),
      qosClass: pod.requests === undefined && pod.limits === undefined ? 'BestEffort' : 'Burstable',
    },
  };
}

const phases: Record<State, string> = {
  running: 'Running',
  succeeded: 'Succeeded',
  failed: 'Failed',
  waiting: 'Running',
  pending: 'Pending',
};

/** What stands behind the word that kubectl prints in its STATUS column. */
function stateOf(status: string): State {
  if (status === 'Running') return 'running';
  if (status === 'Completed' || status === 'Succeeded') return 'succeeded';
  if (status === 'Error' || status === 'Failed' || status === 'Evicted' || status === 'OOMKilled')
    return 'failed';
  return status === 'Pending' || status === 'ContainerCreating' ? 'pending' : 'waiting';
}

function conditions(state: State, allReady: boolean, scheduled: boolean, since: string): object[] {
  const done = state === 'succeeded';
  const ready = state === 'running' && allReady;
  const one = (type: string, holds: boolean): object => ({
    type,
    status: holds ? 'True' : 'False',
    lastProbeTime: null,
    lastTransitionTime: since,
    ...(!holds && done ? { reason: 'PodCompleted' } : {}),
  });
  return scheduled
    ? [
        one('Initialized', true),
        one('Ready', ready),
        one('ContainersReady', ready),
        one('PodScheduled', true),
      ]
    : [one('PodScheduled', false)];
}

interface ContainerFacts {
  state: State;
  reason: string;
  ready: boolean;
  restarts: number;
  since: string;
  id: string;
}

function containerStatus(container: Container, facts: ContainerFacts): object {
  const { state, since } = facts;
  const containerID = `containerd://${facts.id}${facts.id}`;
  const ended = (reason: string, exitCode: number): object => ({
    terminated: { containerID, exitCode, reason, startedAt: since, finishedAt: since },
  });
  const states: Record<State, () => object> = {
    running: () => ({ running: { startedAt: since } }),
    succeeded: () => ended('Completed', 0),
    failed: () => ended(facts.reason === 'Failed' ? 'Error' : facts.reason, 1),
    waiting: () => ({ waiting: { reason: facts.reason } }),
    pending: () => ({ waiting: { reason: 'ContainerCreating' } }),
  };
  return {
    ...container,
    imageID: '',
    ...(state === 'pending' ? {} : { containerID }),
    ready: state === 'running' && facts.ready,
    started: state === 'running',
    restartCount: facts.restarts,
    state: states[state](),
    lastState: facts.restarts > 0 ? ended('Error', 1) : {},
  };
}

/** `coredns` of `coredns-6799fbcd5-lgj8v`: the name without what controllers append. */
function containerName(pod: string): string {
  const words = pod.replaceAll('{{cluster-name}}', 'cluster').split('-');
  while (words.length > 1 && /\d/.test(words.at(-1) ?? '')) words.pop();
  if (words.length > 1 && /^[bcdfghjklmnpqrstvwxz2456789]{5}$/.test(words.at(-1) ?? '')) words.pop();
  return words.join('-').replaceAll('.', '-').slice(0, 63);
}

const isSet = (text: string | undefined): boolean => text !== undefined && text !== '' && text !== '<none>';
