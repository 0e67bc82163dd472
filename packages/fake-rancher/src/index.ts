/**
 * A small Rancher for demos and tests: the API, tunnels and controllers that an imported cluster meets.
 *
 * @packageDocumentation
 */
export {
  AgentDisconnectedError,
  ApiError,
  ClusterFaultError,
  DialError,
  FakeRancherError,
  KubeStatusError,
  OptionsError,
  UnansweredError,
} from './errors.js';
export { startFakeRancher } from './fake-rancher.js';
export { conditionTypes } from './model/conditions.js';
export { stages } from './model/cluster.js';
export { formatViolation } from './model/violations.js';

export type { FakeCluster, FakeRancher } from './fake-rancher.js';
export type { Condition, ConditionType } from './model/conditions.js';
export type { Stage } from './model/cluster.js';
export type { Violation } from './model/violations.js';
export type { FakeRancherOptions, Logger } from './options.js';
