import { equalJson } from '../../codec/json.js';
import { ApiError, type FieldCause } from '../../errors.js';
import type { KubeObject } from '../../object.js';
import type { CustomResource, ResourceInfo } from '../../schema/resource.js';
import { goJson, invalidValue } from '../../schema/structural/causes.js';
import { structuralSchema } from '../../schema/structural/structural-schema.js';
import { hasSubresource } from '../context.js';
import type { Strategy } from '../strategy.js';
import { valueAt } from '../value-at.js';

const strategies = new WeakMap<CustomResource, Strategy>();

/**
 * Rules of a CRD's version: pruning, defaults and validation by its schema. Source: k8s.io/apiextensions-apiserver
 * `pkg/registry/customresource`.
 */
export function customStrategy(resource: ResourceInfo, custom: CustomResource): Strategy {
  let strategy = strategies.get(custom);
  if (strategy === undefined) strategies.set(custom, (strategy = makeStrategy(resource, custom)));
  return strategy;
}

function makeStrategy(resource: ResourceInfo, custom: CustomResource): Strategy {
  const schema = structuralSchema(custom.schema);
  const hasStatus = hasSubresource(resource, 'status');
  const complete = (object: KubeObject, applied: boolean): void => {
    schema.prune(object);
    schema.complete(object, applied);
  };
  return {
    // Without a status subresource the status counts as well, which the common rule doesn't know.
    ...(hasStatus ? { generation: true } : {}),
    complete,
    prepareForCreate(object) {
      if (custom.terminating === true) throw terminating(resource);
      object.metadata.generation = 1;
    },
    prepareForUpdate(object, old) {
      if (!hasStatus && !equalJson(content(old), content(object)))
        object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    },
    validate(object, old, subresource, warn) {
      const causes =
        old === undefined
          ? schema.validate(object)
          : subresource === 'status'
            ? schema.validateStatus(object, old, warn)
            : schema.validateUpdate(object, old, warn);
      return [...causes, ...scaleCauses(custom, object, subresource)];
    },
  };
}

const terminating = ({ group, plural }: ResourceInfo): ApiError =>
  new ApiError(
    405,
    'MethodNotAllowed',
    'create not permitted while CustomResourceDefinition is terminating',
    {
      group,
      kind: plural,
    },
  );

/** All but metadata. */
function content({ metadata: _metadata, ...rest }: KubeObject): Record<string, unknown> {
  return rest;
}

/** A JSON value's type in Go. */
function goType(value: unknown): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return 'map[string]interface {}';
  return typeof value === 'number' ? 'float64' : typeof value === 'boolean' ? 'bool' : 'string';
}

const MAX_INT32 = 2 ** 31 - 1;

/** What the scale subresource reads has to be of its form. */
function scaleCauses({ scale }: CustomResource, object: KubeObject, subresource: string): FieldCause[] {
  if (scale === undefined) return [];
  const paths = [...(subresource === 'status' ? [] : [scale.specReplicasPath]), scale.statusReplicasPath];
  return paths.flatMap((path) => {
    const value = valueAt(object, path.replace(/^\./, ''));
    if (value === undefined) return [];
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      const detail = `${path} accessor error: ${goJson(value)} is of the type ${goType(value)}, expected int64`;
      return [invalidValue(path, 0, typeof value === 'string' ? detail.replaceAll('"', '') : detail)];
    }
    if (value < 0) return [invalidValue(path, value, 'should be a non-negative integer')];
    return value > MAX_INT32
      ? [invalidValue(path, value, `should be less than or equal to ${MAX_INT32}`)]
      : [];
  });
}
