import { forbidden } from '../../errors.js';
import type { KubeObject } from '../../object.js';
import type { ResourceInfo } from '../../schema/resource.js';
import type { ObjectBody } from '../../store/change.js';
import type { RegistryContext } from '../context.js';

/** What an admission plugin is asked about: `admission.Attributes` of k8s.io/apiserver. */
export interface Attributes {
  readonly context: RegistryContext;
  readonly resource: ResourceInfo;
  readonly object: KubeObject;
  /** Undefined for a new object. */
  readonly old: KubeObject | undefined;
  readonly subresource: string;
  readonly dryRun: boolean;
  /** Takes what the client is to be warned of. */
  readonly warn: ((text: string) => void) | undefined;
}

/** `admission.NewForbidden`: 403 that names the object and says why. */
export function refuse({ resource, object }: Attributes, why: string): never {
  const { name, generateName } = object.metadata;
  throw forbidden(resource, name || generateName || 'Unknown', why);
}

/** The objects of a storage in a namespace, or of a cluster-scoped storage. Usually there are none. */
export function objectsOf(context: RegistryContext, storage: string, namespace?: string): ObjectBody[] {
  const { store } = context;
  if (store.count(storage) === 0) return [];
  return store
    .keys(storage, namespace)
    .map((key) => store.read(storage, key))
    .filter((text) => text !== undefined)
    .map((text) => JSON.parse(text) as ObjectBody);
}

/** Of objects that are marked as the default by an annotation the newest, of equally old ones the first by name. */
export function defaultAmong(objects: readonly ObjectBody[], annotation: string): ObjectBody | undefined {
  const marked = objects.filter(({ metadata }) => metadata.annotations?.[annotation] === 'true');
  const born = ({ metadata }: ObjectBody): string => metadata.creationTimestamp ?? '';
  return marked.sort(
    (a, b) => born(b).localeCompare(born(a)) || (a.metadata.name < b.metadata.name ? -1 : 1),
  )[0];
}
