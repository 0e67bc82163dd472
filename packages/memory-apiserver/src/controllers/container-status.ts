import { createHash } from 'node:crypto';
import type { Container, ContainerState, ContainerStatus, Pod } from './kinds.js';
import { compact } from './status.js';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A container's id. Made of names and times only, so that a base's pods have the same in every run. */
const containerId = ({ metadata }: Pod, container: Container): string =>
  `containerd://${digest(`${metadata.namespace ?? ''}/${metadata.name}/${container.name}/${metadata.creationTimestamp ?? ''}`)}`;

/** The image's name as a container runtime reports it: `nginx` is `docker.io/library/nginx:latest`. */
function fullImageName(image: string): string {
  const slash = image.indexOf('/');
  const host = slash < 0 ? '' : image.slice(0, slash);
  const isHost = host.includes('.') || host.includes(':') || host === 'localhost';
  const withHost = isHost ? image : slash < 0 ? `docker.io/library/${image}` : `docker.io/${image}`;
  const lastPart = withHost.slice(withHost.lastIndexOf('/'));
  return lastPart.includes(':') || lastPart.includes('@') ? withHost : `${withHost}:latest`;
}

/**
 * A container's status in a state. Running containers are ready, and so is an init container that has come to a good
 * end; resources are as the container has them, since a simulated node always grants a resize.
 *
 * @param former keeps the restarts of the status before
 */
export function containerStatus(
  pod: Pod,
  container: Container,
  state: ContainerState,
  former?: ContainerStatus,
): ContainerStatus {
  const image = container.image ?? '';
  const hasStarted = state.running !== undefined || state.terminated !== undefined;
  const isInit = pod.spec.initContainers?.includes(container) === true;
  const name = fullImageName(image);
  const repository = name.replace(/@.*$/u, '').replace(/:[^:/]*$/u, '');
  const { resources } = container;
  const isSized = resources?.requests !== undefined || resources?.limits !== undefined;
  return compact({
    name: container.name,
    state,
    lastState: former?.lastState ?? {},
    ready:
      state.running !== undefined
        ? !isInit || container.restartPolicy === 'Always'
        : isInit && state.terminated?.exitCode === 0,
    started: state.running !== undefined,
    restartCount: former?.restartCount ?? 0,
    image: hasStarted ? name : image,
    imageID: hasStarted ? `${repository}@sha256:${digest(name)}` : '',
    containerID: hasStarted ? containerId(pod, container) : undefined,
    resources: hasStarted && isSized ? resources : undefined,
    allocatedResources: hasStarted ? resources?.requests : undefined,
  });
}

/** When a container that runs was started. */
export const runningSince = (status: ContainerStatus | undefined): string | undefined =>
  status?.state.running?.startedAt;

/** The state of a container that is over; by default it has come to a good end. */
export function terminated(
  pod: Pod,
  container: Container,
  times: { startedAt: string; finishedAt: string },
  exit: { readonly exitCode: number; readonly reason: string } = { exitCode: 0, reason: 'Completed' },
): ContainerState {
  return { terminated: { ...exit, ...times, containerID: containerId(pod, container) } };
}
