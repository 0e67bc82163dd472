/**
 * The fleet: records of wished clusters, a reconciler that makes them real, and the tunnels that show them to
 * Rancher.
 * @packageDocumentation
 */
export { Fleet } from './fleet.js';
export type { FleetEvents, FleetOptions } from './fleet.js';
export {
  ClusterExistsError,
  ClusterNotFoundError,
  FleetClosedError,
  FleetError,
  InvalidNameError,
  SettingsError,
  StateError,
  TemplateError,
} from './errors.js';
export { silentLogger } from './logger.js';
export type { Logger } from './logger.js';
export { loadSettings } from './settings/load.js';
export type { LoadSettingsOptions } from './settings/load.js';
export { environmentName, settingsSchema } from './settings/schema.js';
export type { Settings, SettingsFile } from './settings/schema.js';
export type {
  ClusterInfo,
  ConfigMapInfo,
  DeploymentInfo,
  NodeInfo,
  PodInfo,
  SecretInfo,
  ServiceInfo,
} from './template/cluster-info.js';
export { phaseNames, stageNames } from './views.js';
export type {
  BulkResult,
  ClusterPage,
  ClusterQuery,
  ClusterView,
  Condition,
  FleetEvent,
  FleetEventType,
  FleetSummary,
  LastError,
  Phase,
  RancherView,
  StageName,
  StageTiming,
  TunnelView,
} from './views.js';
