import type { FieldChanges } from '../codec/field-ownership.js';
import { changedFields } from '../codec/field-ownership.js';
import { recordWrite } from '../codec/field-managers.js';
import { FieldSet } from '../codec/field-set.js';
import type { JsonObject } from '../codec/json.js';
import { cloneJson, setOwn } from '../codec/json.js';
import type { ManagedEntry } from '../codec/managed-fields.js';
import { encodeEntries } from '../codec/managed-fields.js';
import { badRequest, invalid } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';
import { splitApiVersion } from '../schema/types.js';
import { parseObject } from '../store/text.js';
import type { WriteOptions } from './api.js';
import { applyFields, checkApplied } from './apply.js';
import { applyShapeOf } from './apply-shape-of.js';
import type { RegistryContext } from './context.js';
import { apiVersionOf, getObject } from './context.js';
import { checkVersion } from './preconditions.js';
import type { ReplicasPath } from './scale-fields.js';
import { parentEntries, SCALE_VERSION, scaleEntries } from './scale-fields.js';
import { entriesOf } from './track-fields.js';
import { replaceObject } from './update.js';
import { valueAt } from './value-at.js';

/** The row that Scales would have if they were a resource of their own. */
const SCALE: ResourceInfo = {
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  plural: 'scales',
  singular: 'scale',
  listKind: '',
  namespaced: true,
  shortNames: [],
  categories: [],
  verbs: [],
  subresources: [],
  storage: 'scales.autoscaling',
};

interface Paths {
  specReplicas: string;
  statusReplicas: string;
}

function pathsOf({ custom }: ResourceInfo): Paths {
  const trim = (path: string): string => path.replace(/^\./, '');
  return {
    specReplicas: trim(custom?.scale?.specReplicasPath ?? '.spec.replicas'),
    statusReplicas: trim(custom?.scale?.statusReplicasPath ?? '.status.replicas'),
  };
}

interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** A label selector as it stands in a query: `metav1.FormatLabelSelector`. */
export function formatSelector(selector: LabelSelector): string {
  const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${[...values].sort().join(',')})`;
  });
  return [...labels, ...expressions].sort().join(',');
}

function selectorOf(resource: ResourceInfo, object: KubeObject): string | undefined {
  if (resource.custom !== undefined) {
    const path = resource.custom.scale?.labelSelectorPath;
    const value = path === undefined ? undefined : valueAt(object, path.replace(/^\./, ''));
    return typeof value === 'string' ? value : undefined;
  }
  const selector = valueAt(object, 'spec.selector');
  // A ReplicationController's selector is a plain map of labels.
  if (resource.storage === 'replicationcontrollers') {
    return formatSelector({ matchLabels: (selector ?? {}) as Record<string, string> });
  }
  return formatSelector(selector ?? {});
}

/** The `autoscaling/v1` Scale of an object. */
export function scaleOf(resource: ResourceInfo, object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const { specReplicas, statusReplicas } = pathsOf(resource);
  const replicas = valueAt(object, specReplicas);
  const selector = selectorOf(resource, object);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    // As Go writes it: without a zero.
    spec: replicas ? { replicas } : {},
    status: {
      replicas: (valueAt(object, statusReplicas) as number | undefined) ?? 0,
      ...(selector === undefined || selector === '' ? {} : { selector }),
    },
  };
}

/**
 * Sets the number of replicas as the Scale `change` makes of the present Scale says. Answers the new Scale.
 * Throws NotFound, Conflict, Invalid.
 */
export function updateScale(
  context: RegistryContext,
  resource: ResourceInfo,
  namespace: string | undefined,
  name: string,
  change: (scale: KubeObject) => KubeObject,
  options: WriteOptions = {},
): KubeObject {
  const old = getObject(context, resource, namespace, name);
  const before = scaleOf(resource, old);
  const scale = change(cloneJson(before));
  const owners = scaleEntries(entriesOf(old), replicasPaths(context, resource));
  // Owners who weren't recorded so far aren't from now on either.
  const entries =
    owners.length === 0
      ? owners
      : recordWrite(
          owners,
          {
            manager: options.fieldManager ?? 'unknown',
            operation: 'Update',
            apiVersion: SCALE_VERSION,
            subresource: 'scale',
          },
          (apiVersion) => (apiVersion === SCALE_VERSION ? changesOf(before, scale) : undefined),
          context.now(),
        );
  return writeScale(context, resource, old, scale, entries, options);
}

/** As {@link updateScale} by server-side apply. Throws NotFound, Conflict, Invalid, BadRequest. */
export function applyScale(
  context: RegistryContext,
  resource: ResourceInfo,
  namespace: string | undefined,
  name: string,
  applied: unknown,
  options: WriteOptions & { force?: boolean } = {},
): KubeObject {
  const old = getObject(context, resource, namespace, name);
  const live = scaleOf(resource, old);
  const owners = scaleEntries(entriesOf(old), replicasPaths(context, resource));
  if (owners.length > 0) live.metadata.managedFields = encodeEntries(owners) ?? [];
  const wanted = checkApplied(SCALE, cloneJson(applied));
  const { object, entries } = applyFields(context, SCALE, live, wanted, { ...options, subresource: 'scale' });
  return writeScale(context, resource, old, object, entries, options);
}

function writeScale(
  context: RegistryContext,
  resource: ResourceInfo,
  old: KubeObject,
  scale: KubeObject,
  owners: readonly ManagedEntry[],
  options: WriteOptions,
): KubeObject {
  const { name } = old.metadata;
  if (scale.metadata.name && scale.metadata.name !== name) {
    throw badRequest(
      `the name of the object (${scale.metadata.name}) does not match the name on the URL (${name})`,
    );
  }
  checkVersion(resource, old, scale, true);
  const replicas = replicasOf(scale) ?? 0;
  // The schema and the rules of custom resources see to their own.
  if (resource.custom === undefined && (!Number.isInteger(replicas) || replicas < 0)) {
    throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [
      {
        field: 'spec.replicas',
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify(replicas)}: must be greater than or equal to 0`,
      },
    ]);
  }
  const object = cloneJson(old);
  setAt(object, pathsOf(resource).specReplicas, replicas);
  const paths = replicasPaths(context, resource);
  const entries = parentEntries(entriesOf(old), owners, paths, apiVersionOf(resource));
  const text = replaceObject(context, resource, old, object, { ...options, entries });
  return scaleOf(resource, parseObject(old.apiVersion, old.kind, text));
}

const replicasOf = ({ spec }: KubeObject): number | undefined =>
  (spec as { replicas?: number } | null | undefined)?.replicas;

const changesOf = (before: KubeObject, after: KubeObject): FieldChanges =>
  changedFields(
    { spec: { ...(before.spec as JsonObject) } },
    // Zero is not written, so nobody owns it.
    { spec: replicasOf(after) ? { replicas: replicasOf(after) ?? 0 } : {} },
    applyShapeOf(SCALE),
  );

/** Where each served version of the resource has its replicas. */
function replicasPaths(context: RegistryContext, resource: ResourceInfo): ReplicasPath {
  return (apiVersion) => {
    const { group, version } = splitApiVersion(apiVersion);
    const row = context.catalog.find(group, version, resource.plural);
    if (row === undefined || group !== resource.group) return undefined;
    if (row.custom !== undefined && row.custom.scale === undefined) return FieldSet.empty;
    return FieldSet.ofFields(pathsOf(row).specReplicas.split('.'));
  };
}

function setAt(object: KubeObject, path: string, value: number): void {
  const parts = path.split('.');
  const last = parts.pop() ?? '';
  let at: Record<string, unknown> = object;
  for (const part of parts) {
    if (typeof at[part] !== 'object' || at[part] === null) setOwn(at, part, {});
    at = at[part] as Record<string, unknown>;
  }
  setOwn(at, last, value);
}
