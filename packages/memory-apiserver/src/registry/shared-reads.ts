import { notFound } from '../errors.js';
import type { KubeObject } from '../object.js';
import { fromStoredForm } from '../schema/structural/stored-form.js';
import { objectKey } from '../store/key.js';
import { ParsedTexts } from '../store/parsed-texts.js';
import { bareText, parseObject } from '../store/text.js';
import type { ClusterReads, ListOptions, StorageName } from './api.js';
import type { RegistryContext } from './context.js';
import { apiVersionOf, resourceOfStorage } from './context.js';
import { listObjects } from './list.js';
import { Selection } from './selection.js';
import type { ResourceInfo } from '../schema/resource.js';

/** One for all clusters: who reads much is who has just been made, and the next one comes. */
const ofAll = new ParsedTexts();

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
    return text === undefined ? undefined : this.#objectOf(resource, text);
  }

  list(storage: StorageName, options: ListOptions = {}): KubeObject[] {
    const resource = resourceOfStorage(this.context, storage);
    const { texts } = listObjects(this.context.store, resource, new Selection(resource, options));
    return texts.map((text) => this.#objectOf(resource, text));
  }

  count(storage: StorageName, namespace?: string): number {
    return this.context.store.count(storage, namespace);
  }

  /** Code in the process has no use for managedFields, which are long. */
  #objectOf(resource: ResourceInfo, text: string): KubeObject {
    const apiVersion = apiVersionOf(resource);
    const { custom } = resource;
    const { parsed = ofAll } = this.context;
    if (custom?.mayDiffer !== true) return parsed.get(apiVersion, resource.kind, bareText(text));
    const object = parseObject(apiVersion, resource.kind, bareText(text));
    fromStoredForm(custom, object);
    return object;
  }
}
