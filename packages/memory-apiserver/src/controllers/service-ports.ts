import type { Pod, Service } from './kinds.js';
import { compact } from './status.js';

export interface BackendPort {
  name?: string;
  port: number;
  protocol: string;
  appProtocol?: string;
}

/** A Service's ports as they are on one pod; a named port that the pod doesn't have is left out. */
export function backendPorts({ spec }: Service, pod: Pod): BackendPort[] {
  return (spec.ports ?? []).flatMap(({ name, port, targetPort, protocol = 'TCP', appProtocol }) => {
    const target = targetPort ?? port;
    const number =
      typeof target === 'number'
        ? target
        : pod.spec.containers
            .flatMap(({ ports = [] }) => ports)
            .find((candidate) => candidate.name === target && (candidate.protocol ?? 'TCP') === protocol)
            ?.containerPort;
    if (number === undefined) return [];
    return [compact({ name: name === '' ? undefined : name, port: number, protocol, appProtocol })];
  });
}
