import { isDeepStrictEqual } from 'node:util';
import type { FieldCause } from '../../errors.js';
import type { KubeObject } from '../../object.js';
import { dns1035Label, dns1123Subdomain } from '../validation/names.js';
import { forbiddenValue, goJson, invalidValue, requiredValue, tooMany, unsupportedValue } from './causes.js';
import { formatCheck } from './formats.js';
import type { JsonSchema } from './node.js';
import { schemaAtPath, schemaCauses } from './schema-checks.js';

/** The parts of a CustomResourceDefinition (apiextensions.k8s.io/v1) that decide how its objects are served. */
export interface DefinitionSpec {
  group: string;
  scope: 'Namespaced' | 'Cluster';
  names: DefinitionNames;
  versions: DefinitionVersion[];
  conversion?: { strategy: string; webhook?: unknown };
  preserveUnknownFields?: boolean;
}

export interface DefinitionNames {
  kind: string;
  plural: string;
  singular?: string;
  listKind?: string;
  shortNames?: string[];
  categories?: string[];
}

export interface DefinitionVersion {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
  deprecationWarning?: string;
  schema?: { openAPIV3Schema?: JsonSchema };
  subresources?: { status?: object; scale?: ScalePaths };
  additionalPrinterColumns?: PrinterColumnSpec[];
  selectableFields?: { jsonPath: string }[];
}

interface ScalePaths {
  specReplicasPath: string;
  statusReplicasPath: string;
  labelSelectorPath?: string;
}

interface PrinterColumnSpec {
  name: string;
  type: string;
  format?: string;
  description?: string;
  priority?: number;
  jsonPath: string;
}

/**
 * Why a CRD is refused: k8s.io/apiextensions-apiserver `pkg/apis/apiextensions/validation/validation.go`.
 *
 * @param old of an update
 */
export function definitionCauses(definition: KubeObject, old: KubeObject | undefined): FieldCause[] {
  const spec = definition.spec as DefinitionSpec;
  const name = `${spec.names.plural}.${spec.group}`;
  return [
    ...(old !== undefined || definition.metadata.name === name
      ? []
      : [
          invalidValue('metadata.name', definition.metadata.name, 'must be spec.names.plural+"."+spec.group'),
        ]),
    ...specCauses(spec),
    ...storedCauses(definition, spec),
    ...approvalCauses(definition, spec),
    ...(spec.preserveUnknownFields === true ? [preserveCause] : []),
    ...(old === undefined ? [] : immutableCauses(spec, old)),
  ];
}

const preserveCause = invalidValue(
  'spec.preserveUnknownFields',
  true,
  'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
);

function specCauses(spec: DefinitionSpec): FieldCause[] {
  const causes: FieldCause[] = [...groupCauses(spec.group)];
  if (!spec.scope) causes.push(requiredValue('spec.scope'));
  else if (!['Cluster', 'Namespaced'].includes(spec.scope))
    causes.push(unsupportedValue('spec.scope', spec.scope, ['Cluster', 'Namespaced']));
  const versions = spec.versions ?? [];
  for (const [index, { schema }] of versions.entries())
    if (schema?.openAPIV3Schema === undefined)
      causes.push(requiredValue(`spec.versions[${index}].schema.openAPIV3Schema`));
  const hoisted = hoistedParts(versions);
  for (const [index, version] of versions.entries()) {
    const at = `spec.versions[${index}]`;
    const faults = dns1035Label(version.name);
    if (faults.length > 0) {
      causes.push(invalidValue(`${at}.name`, version.name, faults.join(',')));
      if (index === 0) causes.push(invalidValue('spec.version', version.name, faults.join(',')));
    }
    causes.push(...versionCauses(version, at, hoisted));
  }
  const names = versions.map(({ name }) => name);
  if (new Set(names).size < names.length)
    causes.push(versionsCause(versions, hoisted, 'must contain unique version names'));
  if (versions.filter(({ storage }) => storage).length !== 1)
    causes.push(versionsCause(versions, hoisted, 'must have exactly one version marked as storage version'));
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const)
    if (!spec.names[field]) causes.push(requiredValue(`spec.names.${field}`));
  causes.push(...nameCauses(spec.names));
  const [first] = versions;
  if (first !== undefined) causes.push(...partCauses(first, 'spec', hoisted, true, versions));
  return [...causes, ...conversionCauses(spec)];
}

function groupCauses(group: string): FieldCause[] {
  if (!group) return [requiredValue('spec.group')];
  const faults = dns1123Subdomain(group);
  if (faults.length > 0) return [invalidValue('spec.group', group, faults.join(','))];
  return group.includes('.')
    ? []
    : [invalidValue('spec.group', group, 'should be a domain with at least one dot')];
}

/** What all versions say alike, upstream looks at as a part of the whole, under another path. */
interface Hoisted {
  readonly schema: boolean;
  readonly subresources: boolean;
  readonly columns: boolean;
  readonly selectable: boolean;
}

function hoistedParts(versions: readonly DefinitionVersion[]): Hoisted {
  const same = (part: (version: DefinitionVersion) => unknown): boolean =>
    versions.every((version) => isDeepStrictEqual(part(version), part(versions[0] as DefinitionVersion)));
  return {
    schema: same(({ schema }) => schema),
    subresources: same(({ subresources }) => subresources),
    columns: same(({ additionalPrinterColumns }) => additionalPrinterColumns),
    selectable: same(({ selectableFields }) => selectableFields),
  };
}

function versionCauses(version: DefinitionVersion, at: string, hoisted: Hoisted): FieldCause[] {
  const { deprecated, deprecationWarning } = version;
  const causes: FieldCause[] = [];
  if (deprecationWarning !== undefined) {
    const refuse = (detail: string): void => {
      causes.push(invalidValue(`${at}.deprecationWarning`, deprecationWarning, detail));
    };
    if (deprecated !== true) refuse('can only be set for deprecated versions');
    else if (deprecationWarning.length > 256) refuse('must be <= 256 characters long');
    else if (deprecationWarning === '') refuse('must not be an empty string');
  }
  return [...causes, ...partCauses(version, at, hoisted, false, [version])];
}

/** The parts that are looked at here: those that all versions share, or the version's own. */
function partCauses(
  version: DefinitionVersion,
  at: string,
  hoisted: Hoisted,
  isWhole: boolean,
  versions: readonly DefinitionVersion[],
): FieldCause[] {
  const causes: FieldCause[] = [];
  const schema = version.schema?.openAPIV3Schema;
  const hasStatus = versions.some(({ subresources }) => subresources?.status !== undefined);
  if (hoisted.schema === isWhole && schema !== undefined)
    causes.push(
      ...schemaCauses(schema, `${at}.${isWhole ? 'validation' : 'schema'}.openAPIV3Schema`, hasStatus),
    );
  if (hoisted.subresources === isWhole && version.subresources?.scale !== undefined)
    causes.push(...scaleCauses(version.subresources.scale, `${at}.subresources.scale`));
  if (hoisted.columns === isWhole)
    for (const [index, column] of (version.additionalPrinterColumns ?? []).entries())
      causes.push(...columnCauses(column, `${at}.additionalPrinterColumns[${index}]`));
  if (hoisted.selectable === isWhole && version.selectableFields !== undefined && schema !== undefined)
    causes.push(...selectableCauses(version.selectableFields, schema, `${at}.selectableFields`));
  return causes;
}

/** All versions as Go prints its internal type; schemas are cut short where upstream prints them whole. */
function versionsCause(versions: readonly DefinitionVersion[], hoisted: Hoisted, detail: string): FieldCause {
  const text = versions.map(
    (version) =>
      `{"Name":${goJson(version.name)},"Served":${version.served},"Storage":${version.storage},"Deprecated":${version.deprecated === true},"DeprecationWarning":${goJson(version.deprecationWarning ?? null)},"Schema":${hoisted.schema ? 'null' : goJson(version.schema ?? null)},"Subresources":${hoisted.subresources ? 'null' : goJson(version.subresources ?? null)},"AdditionalPrinterColumns":${hoisted.columns ? 'null' : goJson(version.additionalPrinterColumns ?? null)},"SelectableFields":${hoisted.selectable ? 'null' : goJson(version.selectableFields ?? null)}}`,
  );
  const value = `[${text.join(',')}]`;
  return {
    field: 'spec.versions',
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${value}: ${detail}`,
  };
}

function nameCauses(names: DefinitionNames): FieldCause[] {
  const causes: FieldCause[] = [];
  const label = (field: string, text: string | undefined, isKind = false): void => {
    if (!text) return;
    const faults = dns1035Label(isKind ? text.toLowerCase() : text);
    const detail = `${isKind ? 'may have mixed case, but should otherwise match: ' : ''}${faults.join(',')}`;
    if (faults.length > 0) causes.push(invalidValue(`spec.names.${field}`, text, detail));
  };
  label('plural', names.plural);
  label('singular', names.singular);
  label('kind', names.kind, true);
  label('listKind', names.listKind, true);
  for (const [index, name] of (names.shortNames ?? []).entries()) label(`shortNames[${index}]`, name);
  if (names.kind && names.kind === names.listKind)
    causes.push(invalidValue('spec.names.listKind', names.listKind, 'kind and listKind may not be the same'));
  for (const [index, name] of (names.categories ?? []).entries()) label(`categories[${index}]`, name);
  return causes;
}

function pathCauses(path: string, field: string, roots: readonly string[], detail: string): FieldCause[] {
  if (!path) return [requiredValue(field)];
  if (!path.startsWith('.')) return [invalidValue(field, path, 'must be a simple json path starting with .')];
  return roots.some((root) => path.startsWith(root)) ? [] : [invalidValue(field, path, detail)];
}

function scaleCauses(scale: ScalePaths, at: string): FieldCause[] {
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale;
  return [
    ...pathCauses(
      specReplicasPath,
      `${at}.specReplicasPath`,
      ['.spec.'],
      'should be a json path under .spec',
    ),
    ...pathCauses(
      statusReplicasPath,
      `${at}.statusReplicasPath`,
      ['.status.'],
      'should be a json path under .status',
    ),
    ...(labelSelectorPath
      ? pathCauses(
          labelSelectorPath,
          `${at}.labelSelectorPath`,
          ['.spec.', '.status.'],
          'should be a json path under either .spec or .status',
        )
      : []),
  ];
}

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

function columnCauses({ name, type, format, jsonPath }: PrinterColumnSpec, at: string): FieldCause[] {
  const causes: FieldCause[] = [];
  const types = `must be one of ${COLUMN_TYPES.join(',')}`;
  if (!name) causes.push(requiredValue(`${at}.name`));
  if (!type) causes.push(requiredValue(`${at}.type`, types));
  else if (!COLUMN_TYPES.includes(type)) causes.push(invalidValue(`${at}.type`, type, types));
  if (format && !COLUMN_FORMATS.includes(format))
    causes.push(invalidValue(`${at}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`));
  return [...causes, ...pathCauses(jsonPath, `${at}.JSONPath`, ['.'], '')];
}

const MAX_SELECTABLE_FIELDS = 8;

function selectableCauses(
  fields: readonly { jsonPath: string }[],
  schema: JsonSchema,
  at: string,
): FieldCause[] {
  const causes: FieldCause[] = [];
  const seen = new Set<string>();
  for (const [index, { jsonPath }] of fields.entries()) {
    const field = `${at}[${index}].jsonPath`;
    if (!jsonPath) {
      causes.push(requiredValue(field));
      continue;
    }
    const found = schemaAtPath(schema, jsonPath);
    if (found === undefined) {
      causes.push(invalidValue(field, jsonPath, 'is an invalid path: does not refer to a valid field'));
      continue;
    }
    if (jsonPath.startsWith('.metadata'))
      causes.push(invalidValue(field, jsonPath, 'must not point to fields in metadata'));
    if (!['string', 'boolean', 'integer'].includes(found.type ?? '')) {
      const detail =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
      causes.push(invalidValue(field, jsonPath, detail));
    }
    if (seen.has(jsonPath))
      causes.push({ field, reason: 'FieldValueDuplicate', message: `Duplicate value: ${goJson(jsonPath)}` });
    seen.add(jsonPath);
  }
  if (seen.size > MAX_SELECTABLE_FIELDS) causes.push(tooMany(at, seen.size, MAX_SELECTABLE_FIELDS));
  return causes;
}

function conversionCauses({ conversion }: DefinitionSpec): FieldCause[] {
  if (conversion === undefined) return [];
  const at = 'spec.conversion';
  if (!conversion.strategy) return [requiredValue(`${at}.strategy`)];
  if (!['None', 'Webhook'].includes(conversion.strategy))
    return [unsupportedValue(`${at}.strategy`, conversion.strategy, ['None', 'Webhook'])];
  if (conversion.strategy === 'Webhook' && conversion.webhook === undefined)
    return [
      requiredValue(`${at}.webhookClientConfig`, 'required when strategy is set to Webhook'),
      requiredValue(`${at}.conversionReviewVersions`),
    ];
  return conversion.strategy === 'None' && conversion.webhook !== undefined
    ? [forbiddenValue(`${at}.webhookClientConfig`, 'should not be set when strategy is not set to Webhook')]
    : [];
}

/** Versions in which objects may have been stored have to stay. */
function storedCauses(definition: KubeObject, { versions }: DefinitionSpec): FieldCause[] {
  const { storedVersions = [] } = (definition.status ?? {}) as { storedVersions?: string[] };
  const at = 'status.storedVersions';
  if (storedVersions.length === 0) return [invalidValue(at, null, 'must have at least one stored version')];
  return [
    ...versions
      .filter(({ name, storage }) => storage && !storedVersions.includes(name))
      .map(({ name }) => invalidValue(at, storedVersions, `must have the storage version ${name}`)),
    ...storedVersions.flatMap((name, index) =>
      versions.some((version) => version.name === name)
        ? []
        : [
            invalidValue(
              `${at}[${index}]`,
              name,
              `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
            ),
          ],
    ),
  ];
}

const APPROVAL = 'api-approved.kubernetes.io';

/** Groups of the Kubernetes project are for what it has approved of. */
function approvalCauses({ metadata }: KubeObject, { group = '' }: DefinitionSpec): FieldCause[] {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(group)) return [];
  const value = metadata.annotations?.[APPROVAL];
  const field = `metadata.annotations[${APPROVAL}]`;
  const needed = `protected groups must have approval annotation "${APPROVAL}", see https://github.com/kubernetes/enhancements/pull/1111`;
  if (value === undefined) return [requiredValue(field, needed)];
  if (value.startsWith('unapproved') || /^https?:\/\/[^/]+/.test(value)) return [];
  const detail = `protected groups must have approval annotation "${APPROVAL}" with either a URL or a reason starting with "unapproved", see https://github.com/kubernetes/enhancements/pull/1111`;
  return [invalidValue(field, value, detail)];
}

/** Formats of strings that objects aren't checked for. */
export function unrecognizedFormats({ versions }: DefinitionSpec): string[] {
  const found = new Set<string>();
  const visit = (schema: JsonSchema): void => {
    const { type, format, properties, additionalProperties, items } = schema;
    if (type === 'string' && format && formatCheck(format) === undefined) found.add(format);
    for (const property of Object.values(properties ?? {})) visit(property);
    if (typeof additionalProperties === 'object') visit(additionalProperties);
    if (items !== undefined) visit(items);
  };
  for (const { schema } of versions) if (schema?.openAPIV3Schema !== undefined) visit(schema.openAPIV3Schema);
  return [...found];
}

interface Condition {
  type: string;
  status: string;
}

function immutableCauses(spec: DefinitionSpec, old: KubeObject): FieldCause[] {
  const former = old.spec as DefinitionSpec;
  const { conditions = [] } = (old.status ?? {}) as { conditions?: Condition[] };
  const isEstablished = conditions.some(({ type, status }) => type === 'Established' && status === 'True');
  const causes: FieldCause[] = [];
  const fixed = (field: string, now: string, before: string): void => {
    if (now !== before) causes.push(invalidValue(field, now, 'field is immutable'));
  };
  if (isEstablished) {
    fixed('spec.scope', spec.scope, former.scope);
    fixed('spec.names.kind', spec.names.kind, former.names.kind);
  }
  fixed('spec.group', spec.group, former.group);
  fixed('spec.names.plural', spec.names.plural, former.names.plural);
  return causes;
}
