export { KwokSharedBackend } from './kwok-shared-backend.js';
export type { KwokSharedOptions } from './kwok-shared-backend.js';
