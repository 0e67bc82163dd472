export { Binaries, binaryNames } from './binaries.js';
export type { BinariesOptions, BinaryName } from './binaries.js';
export type { ComponentProcess } from './cluster-folder.js';
export type { ClusterPorts, CreateClusterOptions, OptionalComponent } from './create-cluster.js';
export {
  BinaryMissingError,
  BinaryVersionError,
  ClusterExistsError,
  ClusterNotFoundError,
  ClusterNotReadyError,
  CommandAbortedError,
  CommandError,
  CommandTimeoutError,
  KwokDriverError,
  OptionsError,
  PortInUseError,
} from './errors.js';
export type { CommandErrorOptions, KwokDriverErrorOptions } from './errors.js';
export { Kubectl } from './kubectl.js';
export type {
  ApplyOptions,
  GetOptions,
  KubectlOptions,
  KubernetesObject,
  PatchOptions,
  WaitOptions,
} from './kubectl.js';
export { KwokctlDriver } from './kwokctl-driver.js';
export type {
  ComponentStatus,
  KubeconfigOptions,
  KwokctlDriverOptions,
  ScaleOptions,
  SnapshotOptions,
} from './kwokctl-driver.js';
export { isPortFree } from './ports.js';
export type { CallOptions, CommandResult, RunnerOptions } from './runner.js';
