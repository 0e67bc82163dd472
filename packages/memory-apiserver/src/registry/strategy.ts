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
  /** Whether `metadata.generation` counts changes of the object outside metadata and status, or of some of that too. */
  readonly generation?: boolean | 'with-annotations' | 'with-labels';
  /** Fields that can't be changed, as paths. */
  readonly immutable?: readonly string[];
  /** Whether the answer to a delete is the object rather than a Status. */
  readonly returnsDeleted?: boolean;
  /** Deleting it leaves its dependents alone unless the client says otherwise, who may be warned of that. */
  readonly orphansByDefault?: boolean | 'with-warning';
  /** PUT on a name that doesn't exist creates it. */
  readonly createOnUpdate?: boolean;
  /**
   * Prunes and completes an object as decoding it does: what it adds belongs to who writes the object. What
   * server-side apply has made is not decoded again.
   */
  complete?(object: KubeObject, applied: boolean): void;
  /** Completes a new object, after defaults, before validation; may refuse it. `dryRun` asks for no side effects. */
  prepareForCreate?(object: KubeObject, context: RegistryContext): void;
  /** Completes a new state, before the comparison with the old one; `subresource` is `''` for the object itself. */
  prepareForUpdate?(object: KubeObject, old: KubeObject, context: RegistryContext, subresource: string): void;
  /**
   * Reasons to refuse a state beside those that all kinds have; `old` is undefined for a new object. Faults that are
   * let pass are told to `warn`.
   */
  validate?(
    object: KubeObject,
    old: KubeObject | undefined,
    subresource: string,
    warn?: (text: string) => void,
  ): FieldCause[];
  /** Reasons to refuse a new state beside {@link immutable}. */
  validateUpdate?(object: KubeObject, old: KubeObject): FieldCause[];
  /** May refuse the deletion by a throw. */
  beforeDelete?(object: KubeObject, context: RegistryContext): void;
  /** Seconds that an object has to end itself; 0 deletes at once. */
  gracePeriod?(object: KubeObject, asked: number | undefined, context: RegistryContext): number;
  /** True while something other than finalizers keeps a deleted object. */
  isHeld?(object: KubeObject, context: RegistryContext): boolean;
  /** Called after the object was stored; `old` is what it was before, undefined for a new one. */
  afterWrite?(object: KubeObject, context: RegistryContext, old?: KubeObject): void;
  /** Called after the object is gone. */
  afterRemove?(object: KubeObject, context: RegistryContext): void;
}

export const ordinary: Strategy = {};
