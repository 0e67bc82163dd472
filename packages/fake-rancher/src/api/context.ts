import type { Registry } from '../model/registry.js';
import type { ManagementCluster } from '../model/cluster.js';
import type { ResolvedOptions } from '../options.js';
import type { Deadlines } from '../deadlines.js';
import type { Authenticator } from './authenticate.js';
import type { Router } from './router.js';

/** What the route files work with. */
export interface ApiContext {
  readonly router: Router;
  readonly registry: Registry;
  readonly authenticator: Authenticator;
  readonly options: ResolvedOptions;
  readonly deadlines: Deadlines;
  /** Start of every link, without a slash at its end. */
  readonly base: string;
  /** PEM, or '' without TLS. */
  readonly caCert: string;
  readonly caChecksum: string;
  readonly installUuid: string;
  /** Begins the deletion of a cluster; a second call has no effect. */
  readonly remove: (cluster: ManagementCluster) => void;
}
