import type { Container, Pod } from './kinds.js';

/** An init container that goes on running beside the others once it has started (k8s.io "Sidecar Containers"). */
export const isSidecar = ({ restartPolicy }: Container): boolean => restartPolicy === 'Always';

/** The init containers that still have to end, or to start if they are sidecars, in their order. */
export function unfinishedInit({ spec, status }: Pod): Container[] {
  return (spec.initContainers ?? []).filter((container) => {
    const current = status?.initContainerStatuses?.find(({ name }) => name === container.name);
    return isSidecar(container)
      ? current?.state.running === undefined
      : current?.state.terminated?.exitCode !== 0;
  });
}

export const isInitialized = (pod: Pod): boolean => unfinishedInit(pod).length === 0;

/** The init container whose turn it is, and whether it runs already. */
export function currentInit(pod: Pod): { container: Container; isRunning: boolean } | undefined {
  const [container] = unfinishedInit(pod);
  if (container === undefined) return undefined;
  const status = pod.status?.initContainerStatuses?.find(({ name }) => name === container.name);
  return { container, isRunning: status?.state.running !== undefined };
}
