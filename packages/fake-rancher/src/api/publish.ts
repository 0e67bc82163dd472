import type { ManagementCluster } from '../model/cluster.js';
import type { ApiContext } from './context.js';

/**
 * Makes the management cluster visible and, a moment later, its registration token `default-token`
 * (rancher pkg/controllers/provisioningv2/cluster `createToken`).
 */
export function publish(api: ApiContext, cluster: ManagementCluster): void {
  cluster.published = true;
  cluster.onChange();
  api.deadlines.after(api.options.tokenDelayMs, () => {
    if (cluster.removedAt !== undefined) return;
    api.registry.addToken(cluster, 'default-token');
    cluster.mark('token');
    cluster.setAll({
      Pending: { status: 'True' },
      Waiting: { status: 'Unknown', message: 'Waiting for API to be available' },
    });
  });
}
