import type { RegistryContext } from '../../registry/context.js';
import { containerStatusOf, type Pod } from '../../pods/pod.js';
import type { SimulatedContainer } from '../../pods/simulated-container.js';
import type { ObjectBody } from '../../store/change.js';
import { objectKey } from '../../store/key.js';

/** Calls back once when a container runs no more, or its pod is gone. Answers how to stop listening. */
export function onContainerEnd(
  { store }: RegistryContext,
  { pod, container }: SimulatedContainer,
  callback: (isGone: boolean) => void,
): () => void {
  const key = objectKey(pod.metadata.namespace, pod.metadata.name);
  const listener = {
    onChange(change: { type: string; key: string; body: ObjectBody }): void {
      if (change.key !== key) return;
      const now = change.body as unknown as Pod;
      const isSame = change.type !== 'DELETED' && now.metadata.uid === pod.metadata.uid;
      if (isSame && containerStatusOf(now, container.name)?.state?.running !== undefined) return;
      stop();
      callback(!isSame);
    },
  };
  const stop = (): void => store.removeListener('pods', listener);
  store.addListener('pods', listener);
  return stop;
}
