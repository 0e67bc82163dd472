import type { KubeObject } from '@scale-cluster/memory-apiserver';
import { relationships } from './relationships.js';
import type { SteveType } from './schemas.js';
import { conditionsOf, summarize } from './summary.js';
import type { PrintTable, SteveObject } from './types.js';

/** Fields of an object that steve needs for itself; the object's own move to `_id`, `_type`, … */
const reserved = ['id', 'type', 'links', 'actions'] as const;

/** What every conversion to steve's form needs. */
export interface FormatContext {
  /** See `linkBase`. */
  readonly base: string;
  readonly printTable: PrintTable;
  readonly now: number;
}

/** `namespace/name`, or `name` of an object without a namespace. */
export function objectId({ metadata }: KubeObject): string {
  return metadata.namespace === undefined || metadata.namespace === ''
    ? metadata.name
    : `${metadata.namespace}/${metadata.name}`;
}

/**
 * Kubernetes objects in steve's form: `id`, `type`, `links`, and in `metadata` the `state`, the `relationships` and
 * the table cells as `fields` (rancher/apiserver `writer`, steve `resources/common/formatter.go`). The objects are
 * used up: their parts become parts of the result.
 */
export function toSteve(type: SteveType, objects: KubeObject[], context: FormatContext): SteveObject[] {
  if (objects.length === 0) return [];
  const { rows } = context.printTable(type.resource, objects, context.now, { includeObject: 'None' });
  return objects.map((object, index) => format(type, object, rows[index]?.cells ?? [], context.base));
}

/** One object; see {@link toSteve}. */
export function toSteveOne(type: SteveType, object: KubeObject, context: FormatContext): SteveObject {
  return toSteve(type, [object], context)[0] as SteveObject;
}

function format(type: SteveType, object: KubeObject, fields: readonly unknown[], base: string): SteveObject {
  const id = objectId(object);
  const { state, error, transitioning, messages } = summarize(object);
  markConditions(object);
  const result: SteveObject = { id, type: type.id, links: links(type, object, id, base) };
  for (const [key, value] of Object.entries(object)) {
    result[(reserved as readonly string[]).includes(key) ? `_${key}` : key] = value;
  }
  result['metadata'] = {
    ...object.metadata,
    fields,
    relationships: relationships(object),
    state: { name: state, error, transitioning, message: messages.join(':') },
  };
  return result;
}

function links(type: SteveType, object: KubeObject, id: string, base: string): Record<string, string> {
  const { group, version, plural, verbs } = type.resource;
  const { namespace } = object.metadata;
  const self = `${base}/v1/${type.plural}/${id}`;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const inNamespace = namespace === undefined || namespace === '' ? '' : `/namespaces/${namespace}`;
  return {
    self,
    view: `${base}${root}${inNamespace}/${plural}/${object.metadata.name}`,
    ...(verbs.includes('update') ? { update: self } : {}),
    ...(verbs.includes('patch') ? { patch: self } : {}),
    ...(verbs.includes('delete') ? { remove: self } : {}),
  };
}

/** The explorer reads these fields of each condition (wrangler `summary.NormalizeConditions`). */
function markConditions(object: KubeObject): void {
  for (const condition of conditionsOf(object)) {
    const error = condition.reason === 'Error';
    const transitioning = condition.status === 'Unknown' && !error;
    const lastUpdateTime = condition.lastTransitionTime ?? '';
    Object.assign(condition, { error, transitioning, lastUpdateTime });
  }
}

/** What the client sent, without what only steve's form has: the Kubernetes object to store. */
export function fromSteve(type: SteveType, body: SteveObject, namespace?: string, name?: string): KubeObject {
  const { group, version, kind, namespaced } = type.resource;
  const object: SteveObject = { apiVersion: group === '' ? version : `${group}/${version}`, kind };
  for (const [key, value] of Object.entries(body)) {
    if (!(reserved as readonly string[]).includes(key) && !reserved.some((one) => key === `_${one}`))
      object[key] = value;
  }
  for (const key of reserved) if (body[`_${key}`] !== undefined) object[key] = body[`_${key}`];
  const sent = (
    typeof body['metadata'] === 'object' && body['metadata'] !== null ? body['metadata'] : {}
  ) as SteveObject;
  const { fields: _fields, relationships: _relationships, state: _state, ...metadata } = sent;
  if (namespaced && namespace !== undefined) metadata['namespace'] = namespace;
  if (name !== undefined) metadata['name'] = name;
  object['metadata'] = metadata;
  return object as KubeObject;
}
