/**
 * The fleet: records of wished clusters, a reconciler that makes them real, and the tunnels that show them to
 * Rancher.
 * @packageDocumentation
 */
export { Fleet } from './fleet.js';
export type { FleetEvents, FleetOptions } from './fleet.js';
export { backendKinds, isBackendKind } from './backend/backend-kinds.js';
export type { BackendKind } from './backend/backend-kinds.js';
export { missingKwokPrograms, removeKwokClusters } from './backend/kwok/kwok-programs.js';
export type { BackendPhase } from './backend/backend.js';
export type { ClusterChoice } from './cluster/choice.js';
export { bottleneckReasons } from './bottleneck/judge.js';
export type { BottleneckReason } from './bottleneck/judge.js';
export {
  CapacityError,
  CaptureError,
  ClusterExistsError,
  ClusterNotFoundError,
  FleetClosedError,
  FleetError,
  InvalidNameError,
  SettingsError,
  ShardLostError,
  ShardNotFoundError,
  StateError,
  TemplateError,
  UnknownBackendError,
  UnknownTemplateError,
} from './errors.js';
export { delayBoundsMs, delayP99Ms, noDelays } from './event-loop/delay-counts.js';
export type { DelayCounts } from './event-loop/delay-counts.js';
export { remedyFor, supplies } from './preflight/capacity.js';
export type { ClusterCounts, Load, Supply } from './preflight/capacity.js';
export { supplyText } from './preflight/amount.js';
export { readMachine } from './preflight/machine.js';
export type { Machine } from './preflight/machine.js';
export { silentLogger } from './logger.js';
export type { Logger } from './logger.js';
export { loadSettings } from './settings/load.js';
export type { LoadSettingsOptions } from './settings/load.js';
export { environmentName, settingsSchema } from './settings/schema.js';
export type { Settings, SettingsFile } from './settings/schema.js';
export type { ThreadInspector } from './shards/shard-set.js';
export { captureTemplate, openKubeconfig } from './template/capture/index.js';
export type {
  Capture,
  CapturedCount,
  CaptureOptions,
  ClusterSource,
  IdentityKind,
  KubeconfigSourceOptions,
  LeftOut,
  Replacement,
  SourceResource,
} from './template/capture/index.js';
export type {
  ClusterInfo,
  ConfigMapInfo,
  DeploymentInfo,
  NodeInfo,
  PodInfo,
  SecretInfo,
  ServiceInfo,
} from './template/cluster-info.js';
export { parseTemplate } from './template/load.js';
export type { Template } from './template/load.js';
export { tryTemplate } from './template/trial.js';
export type { TemplateTrial } from './template/trial.js';
export { phaseNames, stageNames } from './views.js';
export type {
  BackendView,
  BottleneckView,
  BulkResult,
  CapacityView,
  ChurnView,
  ClusterPage,
  ClusterQuery,
  ClusterView,
  Condition,
  FleetEvent,
  FleetEventType,
  FleetSummary,
  LastError,
  Phase,
  RampView,
  RancherView,
  ShardPhase,
  ShardView,
  StageName,
  StageTiming,
  TemplateView,
  TunnelView,
} from './views.js';
