import type { RegistryContext } from './context.js';
import { resourceOfStorage } from './context.js';
import { DEFINITIONS } from './erase.js';
import { findObject } from './context.js';
import { splitKey } from '../store/key.js';
import { serveDefinition } from './strategies/custom-resource-definition.js';

/** Serves the CRDs that a restored cluster has. */
export function restoreDefinitions(context: RegistryContext): void {
  const resource = resourceOfStorage(context, DEFINITIONS);
  for (const key of context.store.keys(DEFINITIONS)) {
    const definition = findObject(context, resource, undefined, splitKey(key).name);
    if (definition !== undefined) serveDefinition(definition, context);
  }
}
