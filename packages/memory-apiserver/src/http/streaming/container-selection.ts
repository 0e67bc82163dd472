import { ApiError, badRequest } from '../../errors.js';
import { allContainers, containerStatusOf, type Container, type Pod } from '../../pods/pod.js';

/** `validateContainer` of k8s.io/kubernetes `pkg/registry/core/pod/strategy.go`. Throws BadRequest. */
export function selectContainer(pod: Pod, asked: string): Container {
  const { name } = pod.metadata;
  const all = allContainers(pod);
  if (asked !== '') {
    const found = all.find((container) => container.name === asked);
    if (found === undefined) throw badRequest(`container ${asked} is not valid for pod ${name}`);
    return found;
  }
  const [first, ...more] = pod.spec.containers;
  if (first === undefined) throw badRequest(`a container name must be specified for pod ${name}`);
  if (more.length === 0) return first;
  const names = all.map((container) => container.name).join(' ');
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names}]`);
}

/** Streams into pods go to their node's kubelet. Throws BadRequest. */
export function checkScheduled({ metadata, spec }: Pod): void {
  if (!spec.nodeName) throw badRequest(`pod ${metadata.name} does not have a host assigned`);
}

/** A kubelet runs commands in running containers only. Throws InternalError. */
export function checkRunning(pod: Pod, { name }: Container): void {
  if (containerStatusOf(pod, name)?.state?.running !== undefined) return;
  const message = `unable to upgrade connection: container not found (${JSON.stringify(name)})`;
  throw new ApiError(500, 'InternalError', message, {});
}
