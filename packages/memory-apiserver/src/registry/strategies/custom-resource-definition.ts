import type { FieldCause } from '../../errors.js';
import { invalid } from '../../errors.js';
import type { KubeObject } from '../../object.js';
import { timestamp } from '../../store/identity.js';
import type { RegistryContext } from '../context.js';
import type { DefinitionSpec } from '../custom-resources.js';
import { definitionSpec, servedResources } from '../custom-resources.js';
import type { Strategy } from '../strategy.js';

/** Names and versions that upstream's defaulting fills in. */
function complete(spec: DefinitionSpec): void {
  spec.names.singular ??= spec.names.kind.toLowerCase();
  spec.names.listKind ??= `${spec.names.kind}List`;
  spec.conversion ??= { strategy: 'None' };
}

function check(definition: KubeObject): void {
  const spec = definition.spec as Partial<DefinitionSpec> | undefined;
  const causes: FieldCause[] = [];
  const required = (field: string, value: unknown): void => {
    if (value === undefined || value === '')
      causes.push({ field, reason: 'FieldValueRequired', message: 'Required value' });
  };
  required('spec.group', spec?.group);
  required('spec.scope', spec?.scope);
  required('spec.names.plural', spec?.names?.plural);
  required('spec.names.kind', spec?.names?.kind);
  if (spec?.versions?.filter(({ storage }) => storage).length !== 1) {
    causes.push({
      field: 'spec.versions',
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(spec?.versions?.map(({ name }) => name) ?? [])}: must have exactly one version marked as storage version`,
    });
  }
  const name = `${spec?.names?.plural}.${spec?.group}`;
  if (causes.length === 0 && definition.metadata.name !== name) {
    causes.push({
      field: 'metadata.name',
      reason: 'FieldValueInvalid',
      message: `Invalid value: "${definition.metadata.name}": must be spec.names.plural+"."+spec.group`,
    });
  }
  if (causes.length > 0) {
    throw invalid(
      { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition' },
      definition.metadata.name,
      causes,
    );
  }
}

interface Condition {
  type: string;
  status: string;
  lastTransitionTime: string;
  reason: string;
  message: string;
}

interface DefinitionStatus {
  conditions?: Condition[];
  acceptedNames?: unknown;
  storedVersions?: string[];
}

/** The status that the naming and establishing controllers would write a moment later. */
function establish(definition: KubeObject, before: DefinitionStatus | undefined, now: number): void {
  const spec = definitionSpec(definition);
  const storage = spec.versions.find((version) => version.storage)?.name ?? '';
  const stored = before?.storedVersions ?? [];
  const condition = (type: string, reason: string, message: string): Condition =>
    before?.conditions?.find((existing) => existing.type === type && existing.status === 'True') ?? {
      type,
      status: 'True',
      lastTransitionTime: timestamp(now),
      reason,
      message,
    };
  const others = (before?.conditions ?? []).filter(
    ({ type }) => type !== 'NamesAccepted' && type !== 'Established',
  );
  definition.status = {
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
      ...others,
    ],
    acceptedNames: spec.names,
    storedVersions: stored.includes(storage) ? stored : [...stored, storage],
  };
}

/** Serves what the definition says from now on. */
export function serveDefinition(definition: KubeObject, context: RegistryContext): void {
  context.catalog.setCustom(definition.metadata.name, servedResources(definition));
}

/** Serves it no longer; one of the base is hidden by an empty one of the cluster. */
export function hideDefinition(name: string, context: RegistryContext): void {
  context.catalog.removeCustom(name);
  if (context.catalog.findStorage(name) !== undefined) context.catalog.setCustom(name, []);
}

export const definitionStrategy: Strategy = {
  generation: true,
  initialStatus: 'kept',
  immutable: ['spec.scope', 'spec.group', 'spec.names.plural', 'spec.names.kind'],
  prepareForCreate(definition, context) {
    check(definition);
    complete(definitionSpec(definition));
    establish(definition, undefined, context.now());
  },
  prepareForUpdate(definition, old, context, subresource) {
    if (subresource === 'status') return;
    check(definition);
    complete(definitionSpec(definition));
    establish(definition, old.status as DefinitionStatus | undefined, context.now());
  },
  isHeld: (definition, context) => context.store.count(`${definition.metadata.name}`) > 0,
  afterWrite: serveDefinition,
  afterRemove(definition, context) {
    hideDefinition(definition.metadata.name, context);
  },
};
