import { cloneJson } from '../codec/json.js';
import { notFound } from '../errors.js';
import type { KubeObject } from '../object.js';
import { fromStoredForm } from '../schema/structural/stored-form.js';
import { objectKey } from '../store/key.js';
import { ParsedTexts } from '../store/parsed-texts.js';
import { bareText, compactFieldsIn, parseObject } from '../store/text.js';
import type { ClusterReads, ListOptions, StorageName } from './api.js';
import type { RegistryContext } from './context.js';
import { apiVersionOf, findObject, keyOf, resourceOfStorage } from './context.js';
import { listObjects } from './list.js';
import { Selection } from './selection.js';
import type { ResourceInfo } from '../schema/resource.js';

/** One for all clusters: who reads much is who has just been made, and the next one comes. */
const ofAll = new ParsedTexts();

const parsedOf = ({ parsed = ofAll }: RegistryContext): ParsedTexts => parsed;

/**
 * The stored object, managedFields included, to compare a new state with; undefined if there is none. All but its
 * metadata is shared, not to be changed.
 */
export function findStored(
  context: RegistryContext,
  resource: ResourceInfo,
  namespace: string | undefined,
  name: string,
): KubeObject | undefined {
  if (resource.custom !== undefined) return findObject(context, resource, namespace, name);
  const text = context.store.read(resource.storage, objectKey(namespace, name));
  if (text === undefined) return undefined;
  const object = parsedOf(context).get(apiVersionOf(resource), resource.kind, text);
  const managedFields = compactFieldsIn(text);
  const metadata = cloneJson(object.metadata);
  if (managedFields !== undefined) metadata.managedFields = managedFields;
  return { ...object, metadata };
}

/** Stores the object, which must not be changed afterwards, and answers its text. */
export function storeObject(context: RegistryContext, resource: ResourceInfo, object: KubeObject): string {
  const { storage, custom } = resource;
  const key = keyOf(object);
  const previous = context.store.read(storage, key);
  const text = context.store.put(storage, key, object);
  if (custom === undefined) parsedOf(context).stored(text, object, previous);
  return text;
}

/** Reads of a cluster without managedFields, which share the objects that they answer. */
export class SharedReads implements ClusterReads {
  constructor(private readonly context: RegistryContext) {}

  get(storage: StorageName, namespace: string | undefined, name: string): KubeObject {
    const object = this.find(storage, namespace, name);
    if (object === undefined) throw notFound(resourceOfStorage(this.context, storage), name);
    return object;
  }

  find(storage: StorageName, namespace: string | undefined, name: string): KubeObject | undefined {
    const resource = resourceOfStorage(this.context, storage);
    const text = this.context.store.read(resource.storage, objectKey(namespace, name));
    return text === undefined ? undefined : this.objectOf(resource, text);
  }

  list(storage: StorageName, options: ListOptions = {}): KubeObject[] {
    const resource = resourceOfStorage(this.context, storage);
    return this.#textsOf(resource, options).map((text) => this.objectOf(resource, text));
  }

  listWith(storage: StorageName, field: string): KubeObject[] {
    const resource = resourceOfStorage(this.context, storage);
    // A text may mention the name elsewhere, but one without it needn't be built.
    return this.#textsOf(resource, {})
      .filter((text) => text.includes(`"${field}":`))
      .map((text) => this.objectOf(resource, text))
      .filter((object) => field in object);
  }

  #textsOf(resource: ResourceInfo, options: ListOptions): readonly string[] {
    return listObjects(this.context.store, resource, new Selection(resource, options)).texts;
  }

  count(storage: StorageName, namespace?: string): number {
    return this.context.store.count(storage, namespace);
  }

  /** The object of a stored text. Code in the process has no use for managedFields, which are long. */
  objectOf(resource: ResourceInfo, text: string): KubeObject {
    const apiVersion = apiVersionOf(resource);
    const { custom } = resource;
    if (custom?.mayDiffer !== true) return parsedOf(this.context).get(apiVersion, resource.kind, text);
    const object = parseObject(apiVersion, resource.kind, bareText(text));
    fromStoredForm(custom, object);
    return object;
  }
}
