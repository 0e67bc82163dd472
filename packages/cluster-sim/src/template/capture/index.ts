export { captureTemplate } from './capture.js';
export type { Capture, CapturedCount, CaptureOptions, LeftOut } from './capture.js';
export type { ClusterSource, SourceResource } from './cluster-source.js';
export { openKubeconfig } from './kubeconfig-source.js';
export type { KubeconfigSourceOptions } from './kubeconfig-source.js';
export type { IdentityKind, Replacement } from './pseudonyms.js';
