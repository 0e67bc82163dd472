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
