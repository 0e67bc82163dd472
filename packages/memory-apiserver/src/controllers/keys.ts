import type { KubeObject } from '../object.js';

/** `namespace/name`, the usual key of a controller. */
export const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;

const adoption = '/adopt';

/** The key by which a workload looks for pods to adopt as well, since one without a controller has appeared. */
export const adoptionKeyOf = (object: KubeObject): string => keyOf(object) + adoption;

/** The parts of {@link keyOf} and {@link adoptionKeyOf}. */
export function splitKey(key: string): { namespace: string; name: string; adopts: boolean } {
  const adopts = key.endsWith(adoption);
  const slash = key.indexOf('/');
  const end = adopts ? key.length - adoption.length : key.length;
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1, end), adopts };
}
