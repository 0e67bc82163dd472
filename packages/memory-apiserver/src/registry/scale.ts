import { badRequest, conflict, invalid } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';
import type { WriteOptions } from './api.js';
import type { RegistryContext } from './context.js';
import { getObject } from './context.js';
import { replaceObject } from './update.js';
import { valueAt } from './value-at.js';
import { cloneJson, setOwn } from '../codec/json.js';
import { parseObject } from '../store/text.js';

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
    spec: replicas === undefined ? {} : { replicas },
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
  const scale = change(scaleOf(resource, old));
  if (scale.metadata.name && scale.metadata.name !== name) {
    throw badRequest(
      `the name of the object (${scale.metadata.name}) does not match the name on the URL (${name})`,
    );
  }
  const { resourceVersion } = scale.metadata;
  if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) {
    throw conflict(
      resource,
      name,
      'the object has been modified; please apply your changes to the latest version and try again',
    );
  }
  const replicas = (scale.spec as { replicas?: number } | undefined)?.replicas ?? 0;
  if (!Number.isInteger(replicas) || replicas < 0) {
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
  const text = replaceObject(context, resource, old, object, options);
  return scaleOf(resource, parseObject(old.apiVersion, old.kind, text));
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
