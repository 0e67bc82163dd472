import { ApiError, badRequest } from '../errors.js';
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
  'replicasets.apps': ['status.replicas'],
  'jobs.batch': ['status.successful'],
  'certificatesigningrequests.certificates.k8s.io': ['spec.signerName'],
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

/** Throws BadRequest for a field that objects of the resource can't be selected by. */
export function checkFields(
  resource: ResourceInfo,
  requirements: readonly FieldRequirement[],
  text: string,
): void {
  const extra =
    resource.custom?.selectableFields.map((path) => path.replace(/^\./, '')) ?? SELECTABLE[resource.storage];
  for (const { field } of requirements) {
    if (field === 'metadata.name' || field === 'metadata.namespace' || extra?.includes(field) === true)
      continue;
    if (resource.storage === 'namespaces' && field === 'name') continue;
    throw new ApiError(
      400,
      'BadRequest',
      `Unable to find "${resource.group}/${resource.version}, Resource=${resource.plural}" that match label selector "", field selector "${text}": field label not supported: ${field}`,
    );
  }
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
  if (field === 'reportingComponent')
    return lookup(body, 'reportingComponent') || lookup(body, 'source.component');
  if (field === 'status.successful') return lookup(body, 'status.succeeded') || '0';
  if (field === 'status.podIPs') {
    const ips = (body as { status?: { podIPs?: { ip?: string }[] } }).status?.podIPs ?? [];
    return ips.map(({ ip }) => ip ?? '').join(',');
  }
  if (field === 'name') return body.metadata.name;
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
