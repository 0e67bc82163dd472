import type { FieldCause } from '../errors.js';
import type { Json, KubeObject } from '../object.js';
import type { RegistryContext } from './context.js';

/** How objects of one storage differ from the ordinary when written: the `Strategy` of k8s.io/kubernetes `pkg/registry`. */
export interface Strategy {
  /**
   * Status of a new object: what a client sent is kept, or replaced by this value. Absent: dropped if there is a
   * status subresource.
   */
  readonly initialStatus?: 'kept' | { [field: string]: Json };
  /** Whether `metadata.generation` counts changes of the object outside metadata and status. */
  readonly generation?: boolean;
  /** Fields that can't be changed, as paths. */
  readonly immutable?: readonly string[];
  /** Whether the answer to a delete is the object rather than a Status. */
  readonly returnsDeleted?: boolean;
  /** PUT on a name that doesn't exist creates it. */
  readonly createOnUpdate?: boolean;
  /** Completes a new object, after defaults, before validation; may refuse it. `dryRun` asks for no side effects. */
  prepareForCreate?(object: KubeObject, context: RegistryContext): void;
  /** Completes a new state, before the comparison with the old one; `subresource` is `''` for the object itself. */
  prepareForUpdate?(object: KubeObject, old: KubeObject, context: RegistryContext, subresource: string): void;
  /** Reasons to refuse a new state beside {@link immutable}. */
  validateUpdate?(object: KubeObject, old: KubeObject): FieldCause[];
  /** May refuse the deletion by a throw. */
  beforeDelete?(object: KubeObject, context: RegistryContext): void;
  /** Seconds that an object has to end itself; 0 deletes at once. */
  gracePeriod?(object: KubeObject, asked: number | undefined, context: RegistryContext): number;
  /** True while something other than finalizers keeps a deleted object. */
  isHeld?(object: KubeObject, context: RegistryContext): boolean;
  /** Called after the object was stored. */
  afterWrite?(object: KubeObject, context: RegistryContext): void;
  /** Called after the object is gone. */
  afterRemove?(object: KubeObject, context: RegistryContext): void;
}

export const ordinary: Strategy = {};

/** Custom resources count generations and take their status only by the subresource. */
export const custom: Strategy = { generation: true };
