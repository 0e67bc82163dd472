export { builtinControllers, type BuiltinControllerOptions } from './builtin.js';
export { completeBase, type CompleteBaseOptions } from './complete-base.js';
export type { Change, ChangeType, ClusterHandle, Controller, ControllerContext } from './controller.js';
export { OwnerIndex } from './owner-index.js';
export { compileStage, isStage } from './stages/compile-stage.js';
export { StageError } from './stages/errors.js';
export { StageSet } from './stages/stage-set.js';
export { ControllerRuntime, type ControllerMetrics, type ControllerRuntimeOptions } from './runtime.js';
export type { HeartbeatOptions } from './node-heartbeat.js';
