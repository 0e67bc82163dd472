import type { ApiServerOptions } from './api-server.js';
import { ApiServer } from './api-server.js';

/**
 * Kubernetes APIs in memory: one per process is enough for any number of clusters. Nothing runs and nothing listens
 * until a cluster is made. Throws RangeError for a version that is none.
 */
export const createApiServer = (options?: ApiServerOptions): ApiServer => new ApiServer(options);
