import { allContainers, type Pod } from './pod.js';
import { podScript, type HttpOutcome } from './pod-script.js';

/** Nothing listens on the port. */
export class ConnectionRefused extends Error {
  override readonly name = 'ConnectionRefused';
}

/** Answers the requests to one port of a pod. */
export type PortAnswers = (path: string) => HttpOutcome;

/**
 * What listens on a port of the pod: what its script says, or on a port that a container declares, a server that
 * tells the pod's name. Throws ConnectionRefused, BadRequest for a script that can't be read.
 */
export function podPort(pod: Pod, port: number): PortAnswers {
  for (const container of allContainers(pod)) {
    const outcomes = podScript(pod, container.name).ports.get(port);
    if (outcomes !== undefined) return (path) => outcomeOf(outcomes, path);
    const declared = (container.ports ?? []).some(({ containerPort }) => containerPort === port);
    if (declared) {
      const headers = { 'Content-Type': 'text/plain; charset=utf-8' };
      return () => ({ status: 200, headers, body: pod.metadata.name });
    }
  }
  throw new ConnectionRefused(`dial tcp ${pod.status?.podIP ?? ''}:${port}: connect: connection refused`);
}

/** The longest path that is the asked one or a folder above it. */
function outcomeOf(outcomes: ReadonlyMap<string, HttpOutcome>, path: string): HttpOutcome {
  const asked = path.split('?', 1)[0] || '/';
  for (let at = asked; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const outcome = outcomes.get(at);
    if (outcome !== undefined) return outcome;
  }
  return outcomes.get('/') ?? { status: 404, headers: {}, body: '404 page not found\n' };
}
