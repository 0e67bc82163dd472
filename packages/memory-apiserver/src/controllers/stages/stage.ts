import type { KubeObject } from '../../object.js';
import type { ControllerContext } from '../controller.js';

/** One transition in the life of objects of a kind, ready to be played. Compiled once, shared by all clusters. */
export interface Stage {
  readonly name: string;
  /** True if it is to be played on the object as it is. Cheap: asked at each change of an object of the kind. */
  matches(object: KubeObject): boolean;
  /** Its share among the stages that match; undefined if it has none for this object. */
  weight(object: KubeObject): number | undefined;
  /** Milliseconds from now until it is to be played. */
  delayMs(object: KubeObject, context: Pick<ControllerContext, 'now' | 'random'>): number;
  play(object: KubeObject, scene: StageScene): void;
}

/** Where a stage is played. */
export interface StageScene {
  readonly storage: string;
  readonly context: ControllerContext;
}

/** What a Stage is for: objects of a kind in any version of its group. */
export interface StageTarget {
  readonly group: string;
  readonly kind: string;
}
