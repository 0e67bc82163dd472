import type { KubeObject } from '../object.js';
import type { ClusterStore } from '../store/cluster-store.js';
import { splitKey } from '../store/key.js';
import { parseObject } from '../store/text.js';
import type { RegistryContext } from './context.js';
import { apiVersionOf, resourceOfStorage } from './context.js';
import { DEFINITIONS } from './erase.js';
import { hideDefinition, serveDefinition } from './strategies/custom-resource-definition.js';

/** Serves the CRDs that a restored cluster has beside its base's. */
export function restoreDefinitions(context: RegistryContext): void {
  const resource = resourceOfStorage(context, DEFINITIONS);
  for (const [key, text] of context.store.own(DEFINITIONS)) {
    if (text === null) hideDefinition(splitKey(key).name, context);
    else serveDefinition(parseObject(apiVersionOf(resource), resource.kind, text), context);
  }
}

/** One thing that a restored cluster has done to its base: an object of its own, or one of the base that it deleted. */
export interface RestoredChange {
  readonly storage: string;
  /** Without `kind` and `apiVersion`; of a deleted object, as the base has it. */
  readonly object: KubeObject;
  readonly isDeleted: boolean;
}

/** What controllers have to look at in a restored cluster: it may have ended in the midst of their work. */
export function* restoredChanges(store: ClusterStore): Generator<RestoredChange> {
  for (const storage of store.storages()) {
    for (const [key, own] of store.own(storage)) {
      const text = own ?? store.base.find(storage, key, store.identity)?.render(store.identity);
      if (text !== undefined)
        yield { storage, object: JSON.parse(text) as KubeObject, isDeleted: own === null };
    }
  }
}
