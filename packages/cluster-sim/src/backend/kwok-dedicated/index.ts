export { KwokDedicatedBackend } from './kwok-dedicated-backend.js';
export type { KwokDedicatedOptions } from './kwok-dedicated-backend.js';
export { presentClusters } from './kwok-clusters.js';
