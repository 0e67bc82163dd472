import type { KubeObject } from '../../object.js';
import { at, listAt, numberAt, textAt } from '../../schema/read.js';
import {
  age,
  columns,
  conditionIsTrue,
  isTerminating,
  none,
  orNone,
  since,
  type Printer,
} from './printer.js';

/** Restarts and the time of the latest one, over several containers. */
interface Restarts {
  count: number;
  last: string;
}

/** Pods as kubectl shows them; source: k8s.io/kubernetes `pkg/printers/internalversion` `printPod`. */
export const podPrinter: Printer = {
  columns: columns('Name/name Ready Status Restarts Age IP* Node* Nominated_Node* Readiness_Gates*'),
  cells: (pod, now) => {
    const { ready, total, reason, restarts } = summarise(pod);
    const restartText =
      restarts.count !== 0 && restarts.last !== ''
        ? `${restarts.count} (${since(restarts.last, now)} ago)`
        : String(restarts.count);
    return [
      pod.metadata.name,
      `${ready}/${total}`,
      reason,
      restartText,
      age(pod, now),
      orNone(textAt(listAt(pod, 'status', 'podIPs')[0], 'ip')),
      orNone(textAt(pod, 'spec', 'nodeName')),
      orNone(textAt(pod, 'status', 'nominatedNodeName')),
      readinessGates(pod),
    ];
  },
  conditions: (pod) => {
    const phase = textAt(pod, 'status', 'phase');
    if (phase === 'Succeeded')
      return [
        {
          type: 'Completed',
          status: 'True',
          reason: 'Succeeded',
          message: 'The pod has completed successfully.',
        },
      ];
    if (phase === 'Failed')
      return [{ type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' }];
    return [];
  },
};

function readinessGates(pod: KubeObject): string {
  const gates = listAt(pod, 'spec', 'readinessGates');
  if (gates.length === 0) return none;
  const met = gates.filter((gate) => conditionIsTrue(pod, textAt(gate, 'conditionType')));
  return `${met.length}/${gates.length}`;
}

const isSidecar = (container: unknown): boolean => textAt(container, 'restartPolicy') === 'Always';

function countRestarts(restarts: Restarts, status: unknown): void {
  restarts.count += numberAt(status, 'restartCount');
  const finished = textAt(status, 'lastState', 'terminated', 'finishedAt');
  if (finished > restarts.last) restarts.last = finished;
}

function summarise(pod: KubeObject): { ready: number; total: number; reason: string; restarts: Restarts } {
  const initSpecs = new Map(
    listAt(pod, 'spec', 'initContainers').map((container) => [textAt(container, 'name'), container]),
  );
  const total = listAt(pod, 'spec', 'containers').length + [...initSpecs.values()].filter(isSidecar).length;
  const init = summariseInit(pod, initSpecs);
  let { reason, ready, restarts } = init;
  if (!init.initializing || conditionIsTrue(pod, 'Initialized')) {
    restarts = init.sidecarRestarts;
    const main = summariseMain(pod, reason, restarts);
    ready += main.ready;
    reason = main.reason;
  }
  if (isTerminating(pod)) {
    const phase = textAt(pod, 'status', 'phase');
    if (textAt(pod, 'status', 'reason') === 'NodeLost') reason = 'Unknown';
    else if (phase !== 'Succeeded' && phase !== 'Failed') reason = 'Terminating';
  }
  return { ready, total, reason, restarts };
}

function initialReason(pod: KubeObject): string {
  const gated = listAt(pod, 'status', 'conditions').some(
    (condition) =>
      textAt(condition, 'type') === 'PodScheduled' && textAt(condition, 'reason') === 'SchedulingGated',
  );
  if (gated) return 'SchedulingGated';
  return textAt(pod, 'status', 'reason') || textAt(pod, 'status', 'phase');
}

function summariseInit(pod: KubeObject, specs: ReadonlyMap<string, unknown>) {
  const restarts: Restarts = { count: 0, last: '' };
  const sidecarRestarts: Restarts = { count: 0, last: '' };
  let reason = initialReason(pod);
  let ready = 0;
  for (const [index, status] of listAt(pod, 'status', 'initContainerStatuses').entries()) {
    countRestarts(restarts, status);
    const sidecar = isSidecar(specs.get(textAt(status, 'name')));
    if (sidecar) countRestarts(sidecarRestarts, status);
    const terminated = at(status, 'state', 'terminated');
    if (terminated !== undefined && numberAt(terminated, 'exitCode') === 0) continue;
    if (sidecar && at(status, 'started') === true) {
      if (at(status, 'ready') === true) ready += 1;
      continue;
    }
    const waiting = textAt(status, 'state', 'waiting', 'reason');
    if (terminated !== undefined) reason = `Init:${terminationReason(terminated)}`;
    else if (waiting !== '' && waiting !== 'PodInitializing') reason = `Init:${waiting}`;
    else reason = `Init:${index}/${specs.size}`;
    return { reason, ready, restarts, sidecarRestarts, initializing: true };
  }
  return { reason, ready, restarts, sidecarRestarts, initializing: false };
}

function terminationReason(terminated: unknown): string {
  const reason = textAt(terminated, 'reason');
  if (reason !== '') return reason;
  const signal = numberAt(terminated, 'signal');
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${numberAt(terminated, 'exitCode')}`;
}

function summariseMain(
  pod: KubeObject,
  initial: string,
  restarts: Restarts,
): { reason: string; ready: number } {
  let reason = initial;
  let ready = 0;
  let running = false;
  for (const status of [...listAt(pod, 'status', 'containerStatuses')].reverse()) {
    countRestarts(restarts, status);
    const waiting = textAt(status, 'state', 'waiting', 'reason');
    const terminated = at(status, 'state', 'terminated');
    if (waiting !== '') reason = waiting;
    else if (terminated !== undefined) reason = terminationReason(terminated);
    else if (at(status, 'ready') === true && at(status, 'state', 'running') !== undefined) {
      running = true;
      ready += 1;
    }
  }
  if (reason === 'Completed' && running) reason = conditionIsTrue(pod, 'Ready') ? 'Running' : 'NotReady';
  return { reason, ready };
}
