import { badRequest } from '../errors.js';
import type { ResourceInfo } from '../schema/resource.js';
import type { ObjectBody } from '../store/change.js';

/** One term of a field selector; all terms of a selector must hold. */
export interface FieldRequirement {
  /** `metadata.name`, `spec.nodeName`, … */
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

/**
 * Fields beside metadata.name and metadata.namespace that built-in kinds can be selected by: the field label
 * conversions in k8s.io/kubernetes `pkg/apis/*`/v1/conversion.go and the strategies' `SelectableFields`.
 */
const SELECTABLE: Readonly<Record<string, readonly string[]>> = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.podIPs',
    'status.nominatedNodeName',
  ],
  events: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  namespaces: ['status.phase'],
  nodes: ['spec.unschedulable'],
  secrets: ['type'],
  services: ['spec.clusterIP', 'spec.type'],
  replicationcontrollers: ['status.replicas'],
  'jobs.batch': ['status.successful'],
  'certificatesigningrequests.certificates.k8s.io': ['spec.signerName'],
  'resourceslices.resource.k8s.io': ['spec.nodeName', 'spec.driver'],
};

const KIND_OF_EVENT = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

/** Other names of fields, by group version and resource. */
const ALIASES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'v1/pods': { 'spec.host': 'spec.nodeName' },
  'events.k8s.io/v1/events': {
    ...Object.fromEntries(KIND_OF_EVENT.map((field) => [`regarding.${field}`, `involvedObject.${field}`])),
    reportingController: 'reportingComponent',
    reason: 'reason',
    type: 'type',
  },
};

function unescapeValue(value: string): string {
  return value.replace(/\\([\\,=])/g, '$1');
}

/** Parses `a=b,c!=d,e==f` with `\,`, `\=` and `\\` in values: k8s.io/apimachinery `pkg/fields`. Throws BadRequest. */
export function parseFieldSelector(text: string): FieldRequirement[] {
  const requirements: FieldRequirement[] = [];
  for (const term of text.match(/(?:\\.|[^,\\])+/g) ?? []) {
    const match = /^((?:\\.|[^=!\\])+)(!=|==|=)(.*)$/s.exec(term);
    if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    const [, field = '', operator, value = ''] = match;
    requirements.push({ field: field.trim(), equal: operator !== '!=', value: unescapeValue(value) });
  }
  return requirements;
}

/**
 * The requirements with fields by the names that {@link matchFields} knows. Throws BadRequest for a field that objects
 * of the resource can't be selected by.
 */
export function resolveFields(
  resource: ResourceInfo,
  requirements: readonly FieldRequirement[],
): FieldRequirement[] {
  return requirements.map((requirement) => ({
    ...requirement,
    field: resolve(resource, requirement.field),
  }));
}

function resolve(resource: ResourceInfo, field: string): string {
  if (field === 'metadata.name') return field;
  const aliases =
    ALIASES[`${resource.group === '' ? '' : `${resource.group}/`}${resource.version}/${resource.plural}`];
  const alias = aliases !== undefined && Object.hasOwn(aliases, field) ? aliases[field] : undefined;
  if (alias !== undefined) return alias;
  // The same objects in another group: it has names of its own for all.
  const selectable =
    resource.group === 'events.k8s.io'
      ? []
      : (resource.custom?.selectableFields.map((path) => path.replace(/^\./, '')) ??
        SELECTABLE[resource.storage]);
  // Kinds without fields of their own can all be asked for a namespace, whether they are in one or not.
  if (field === 'metadata.namespace' && (resource.namespaced || selectable === undefined)) return field;
  if (selectable?.includes(field) === true) return field;
  throw badRequest(unsupported(resource, field, selectable !== undefined));
}

/** Each kind that has selectable fields of its own has its own words, too. */
function unsupported({ storage, kind }: ResourceInfo, field: string, special: boolean): string {
  if (!special)
    return `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
  if (storage === 'jobs.batch') return `field label ${JSON.stringify(field)} not supported for ${kind}`;
  if (storage === 'resourceslices.resource.k8s.io')
    return `field label not supported for resource.k8s.io/v1, Kind=${kind}: ${field}`;
  return `field label not supported: ${field}`;
}

/** Values whose absence reads as something else than the empty string. */
const ABSENT: Readonly<Record<string, string>> = {
  'spec.unschedulable': 'false',
  'spec.hostNetwork': 'false',
  'status.replicas': '0',
  'status.successful': '0',
};

function fieldValue(body: ObjectBody, field: string): string {
  // Names that differ from the field's path, and values that are made of several.
  if (field === 'source') return lookup(body, 'source.component') || lookup(body, 'reportingComponent');
  if (field === 'status.successful') return lookup(body, 'status.succeeded') || '0';
  if (field === 'status.podIPs') {
    const ips = (body as { status?: { podIPs?: { ip?: string }[] } }).status?.podIPs ?? [];
    return ips.map(({ ip }) => ip ?? '').join(',');
  }
  return lookup(body, field) || (ABSENT[field] ?? '');
}

function lookup(body: ObjectBody, path: string): string {
  let value: unknown = body;
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null) return '';
    value = (value as Record<string, unknown>)[part];
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : '';
}

export function matchFields(requirements: readonly FieldRequirement[], body: ObjectBody): boolean {
  return requirements.every(({ field, equal, value }) => (fieldValue(body, field) === value) === equal);
}
