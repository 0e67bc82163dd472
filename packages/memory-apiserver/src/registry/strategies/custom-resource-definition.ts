import type { FieldCause } from '../../errors.js';
import { invalid } from '../../errors.js';
import type { KubeObject } from '../../object.js';
import type { DefinitionNames, DefinitionSpec } from '../../schema/structural/definition.js';
import { definitionCauses, unrecognizedFormats } from '../../schema/structural/definition.js';
import { timestamp } from '../../store/identity.js';
import { splitKey } from '../../store/key.js';
import { parseObject } from '../../store/text.js';
import type { RegistryContext } from '../context.js';
import { definitionSpec, servedResources } from '../custom-resources.js';
import type { Strategy } from '../strategy.js';

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';

/** Everything behind this relies on these parts. */
function checkParts(definition: KubeObject): void {
  const causes: FieldCause[] = [];
  const spec = definition.spec as Partial<DefinitionSpec> | undefined;
  const required = (field: string, value: unknown): void => {
    if (value === undefined || value === '')
      causes.push({ field, reason: 'FieldValueRequired', message: 'Required value' });
  };
  if (spec?.names === undefined || !Array.isArray(spec.versions)) {
    required('spec.group', spec?.group);
    required('spec.scope', spec?.scope);
    if (!Array.isArray(spec?.versions)) required('spec.versions', undefined);
    required('spec.names.plural', spec?.names?.plural);
    required('spec.names.singular', spec?.names?.singular);
    required('spec.names.kind', spec?.names?.kind);
    required('spec.names.listKind', spec?.names?.listKind);
  }
  if (causes.length === 0) return;
  const kind = { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition' };
  throw invalid(kind, definition.metadata.name, causes);
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
  acceptedNames?: Partial<DefinitionNames>;
  storedVersions?: string[];
}

const conditionsOf = (definition: KubeObject): Condition[] =>
  (definition.status as DefinitionStatus | undefined)?.conditions ?? [];

const isEstablished = (definition: KubeObject): boolean =>
  conditionsOf(definition).some(({ type, status }) => type === 'Established' && status === 'True');

/** Names in use by other definitions of the group. */
function takenNames(
  definition: KubeObject,
  { catalog }: RegistryContext,
): { resources: Set<string>; kinds: Set<string> } {
  const { group } = definitionSpec(definition);
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const row of catalog.all()) {
    if (row.group !== group || row.custom === undefined || row.storage === definition.metadata.name) continue;
    for (const name of [row.plural, row.singular, ...row.shortNames]) resources.add(name);
    kinds.add(row.kind).add(row.listKind);
  }
  return { resources, kinds };
}

/**
 * Which of the wanted names the definition gets, and what stands against the others: upstream's naming controller
 * (k8s.io/apiextensions-apiserver `pkg/controller/status`).
 */
function acceptNames(
  definition: KubeObject,
  before: DefinitionStatus | undefined,
  context: RegistryContext,
): { names: Partial<DefinitionNames>; conflict: { reason: string; message: string } | undefined } {
  const { resources, kinds } = takenNames(definition, context);
  const wanted = definitionSpec(definition).names;
  const had = before?.acceptedNames ?? {};
  const names: Partial<DefinitionNames> = { ...had };
  let conflict: { reason: string; message: string } | undefined;
  const accept = (
    field: 'plural' | 'singular' | 'kind' | 'listKind',
    taken: Set<string>,
    reason: string,
  ): void => {
    const name = wanted[field] ?? '';
    if (name !== had[field] && taken.has(name))
      conflict = { reason, message: `${JSON.stringify(name)} is already in use` };
    else names[field] = name;
  };
  accept('plural', resources, 'PluralConflict');
  accept('singular', resources, 'SingularConflict');
  const used = (wanted.shortNames ?? []).filter(
    (name) => had.shortNames?.includes(name) !== true && resources.has(name),
  );
  if (used.length > 0) {
    const faults = used.map((name) => `${JSON.stringify(name)} is already in use`);
    conflict = {
      reason: 'ShortNamesConflict',
      message: faults.length === 1 ? (faults[0] ?? '') : `[${faults.join(', ')}]`,
    };
  } else if (wanted.shortNames === undefined) delete names.shortNames;
  else names.shortNames = wanted.shortNames;
  accept('kind', kinds, 'KindConflict');
  accept('listKind', kinds, 'ListKindConflict');
  if (wanted.categories === undefined) delete names.categories;
  else names.categories = wanted.categories;
  return { names, conflict };
}

/** The status that the naming and establishing controllers would write a moment later. */
function establish(
  definition: KubeObject,
  before: DefinitionStatus | undefined,
  context: RegistryContext,
): void {
  const spec = definitionSpec(definition);
  const { names, conflict } = acceptNames(definition, before, context);
  const storage = spec.versions.find((version) => version.storage)?.name;
  const stored = before?.storedVersions ?? [];
  const existing = (type: string): Condition | undefined =>
    before?.conditions?.find((condition) => condition.type === type);
  const condition = (type: string, status: string, reason: string, message: string): Condition => {
    const old = existing(type);
    const lastTransitionTime = old?.status === status ? old.lastTransitionTime : timestamp(context.now());
    return { type, status, lastTransitionTime, reason, message };
  };
  const wasEstablished = existing('Established');
  const others = (before?.conditions ?? []).filter(
    ({ type }) => type !== 'NamesAccepted' && type !== 'Established',
  );
  definition.status = {
    conditions: [
      conflict === undefined
        ? condition('NamesAccepted', 'True', 'NoConflicts', 'no conflicts found')
        : condition('NamesAccepted', 'False', conflict.reason, conflict.message),
      wasEstablished?.status === 'True'
        ? wasEstablished
        : conflict === undefined
          ? condition('Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted')
          : condition('Established', 'False', 'NotAccepted', 'not all names are accepted'),
      ...others,
    ],
    acceptedNames: { plural: '', kind: '', ...names },
    storedVersions: storage === undefined || stored.includes(storage) ? stored : [...stored, storage],
  };
}

/** Serves what the definition says from now on. */
export function serveDefinition(definition: KubeObject, context: RegistryContext): void {
  if (isEstablished(definition))
    context.catalog.setCustom(definition.metadata.name, servedResources(definition));
}

/** Serves it no longer; one of the base is hidden by an empty one of the cluster. */
export function hideDefinition(name: string, context: RegistryContext): void {
  context.catalog.removeCustom(name);
  if (context.catalog.findStorage(name) !== undefined) context.catalog.setCustom(name, []);
}

/** A definition that is gone leaves its names to those of the group that waited for them. */
function reconsiderOthers({ metadata, spec }: KubeObject, context: RegistryContext): void {
  const { group } = spec as DefinitionSpec;
  for (const [key, text] of [...context.store.own(DEFINITIONS)]) {
    if (text === null || !text.includes('"NamesAccepted"') || !text.includes('Conflict"')) continue;
    const other = parseObject('apiextensions.k8s.io/v1', 'CustomResourceDefinition', text);
    if (splitKey(key).name === metadata.name || definitionSpec(other).group !== group) continue;
    const before = other.status as DefinitionStatus;
    establish(other, before, context);
    context.store.putUnlimited(DEFINITIONS, key, other);
    serveDefinition(other, context);
  }
}

export const definitionStrategy: Strategy = {
  generation: true,
  initialStatus: 'kept',
  returnsDeleted: true,
  prepareForCreate(definition, context) {
    checkParts(definition);
    establish(definition, undefined, context);
  },
  prepareForUpdate(definition, old, context, subresource) {
    if (subresource === 'status') return;
    checkParts(definition);
    establish(definition, old.status as DefinitionStatus | undefined, context);
  },
  validate(definition, old, subresource, warn) {
    if (subresource === 'status') return [];
    const known = old === undefined ? [] : unrecognizedFormats(definitionSpec(old));
    for (const format of unrecognizedFormats(definitionSpec(definition)))
      if (!known.includes(format)) warn?.(`unrecognized format ${JSON.stringify(format)}`);
    return definitionCauses(definition, old);
  },
  beforeDelete(definition, { now }) {
    if (definition.metadata.deletionTimestamp !== undefined) return;
    const status = (definition.status ??= {}) as DefinitionStatus;
    const terminating: Condition = {
      type: 'Terminating',
      status: 'True',
      lastTransitionTime: timestamp(now()),
      reason: 'InstanceDeletionPending',
      message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    };
    status.conditions = [
      ...(status.conditions ?? []).filter(({ type }) => type !== 'Terminating'),
      terminating,
    ];
  },
  isHeld: (definition, context) => context.store.count(definition.metadata.name) > 0,
  afterWrite: serveDefinition,
  afterRemove(definition, context) {
    hideDefinition(definition.metadata.name, context);
    reconsiderOthers(definition, context);
  },
};
