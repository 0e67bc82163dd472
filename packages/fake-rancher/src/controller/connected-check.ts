import http from 'node:http';
import { messageOf, UnansweredError } from '../errors.js';
import type { ManagementCluster } from '../model/cluster.js';
import { settleMs, type LinkEnvironment } from '../tunnels/cluster-link.js';
import { SteveAgent } from '../tunnels/steve-agent.js';

/**
 * The connected check (controllers/management/clusterconnected): is there a steve session, and does
 * `GET http://not-used/ping` through it, on a connection of its own, answer 200? Sets Connected; a cluster that was
 * provisioned and is not connected is not Ready either.
 */
export async function checkConnected(
  cluster: ManagementCluster,
  environment: LinkEnvironment,
): Promise<void> {
  const connected = environment.tunnels.hasSteve(cluster.id) && (await pingAgent(cluster, environment));
  if (cluster.removedAt !== undefined) return;
  if (connected) {
    cluster.everConnected = true;
    cluster.mark('connected');
    cluster.set('Connected', { status: 'True' });
    return;
  }
  const provisioned = cluster.conditions.is('Provisioned', 'True');
  // Nothing to show of a cluster that has never been there.
  if (!provisioned && !cluster.conditions.get('Connected')) return;
  cluster.setAll({
    Connected: { status: 'False' },
    ...(provisioned
      ? {
          Ready: {
            status: 'False',
            reason: 'Disconnected',
            message: 'Cluster agent is not connected',
          } as const,
        }
      : {}),
  });
}

async function pingAgent(cluster: ManagementCluster, environment: LinkEnvironment): Promise<boolean> {
  try {
    const { status, body } = await ping(cluster, environment);
    if (status === 200) return true;
    environment.violations.report('ping-failed', cluster.id, `status ${status}, body "${body}"`);
  } catch (error) {
    const kind = error instanceof UnansweredError ? 'ping-unanswered' : 'ping-failed';
    const lost = (): boolean => environment.tunnels.steveRecentlyLost(cluster.id);
    // As with all streams of a tunnel: they fail a moment before it is seen to end.
    if (!lost())
      environment.deadlines.after(settleMs, () => {
        if (!lost()) environment.violations.report(kind, cluster.id, messageOf(error));
      });
  }
  return false;
}

function ping(
  cluster: ManagementCluster,
  environment: LinkEnvironment,
): Promise<{ status: number; body: string }> {
  const agent = new SteveAgent(environment.tunnels, cluster.id, 'not-used:80');
  // Rancher itself waits for ever, and so for all clusters: here a silent agent harms only itself.
  const timeoutMs = environment.options.dialTimeoutMs;
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const request = http.request({
      agent,
      path: '/ping',
      headers: { Host: 'not-used', 'User-Agent': 'Go-http-client/1.1' },
    });
    const cancel = environment.deadlines.after(timeoutMs, () =>
      request.destroy(new UnansweredError('GET http://not-used/ping', timeoutMs)),
    );
    // Not once: a request may fail twice, and the second time would be thrown.
    request.on('error', (error) => {
      cancel();
      reject(error);
    });
    request.once('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => (body += text.slice(0, 64)));
      response.once('error', reject);
      response.once('end', () => {
        cancel();
        resolve({ status: response.statusCode ?? 0, body });
      });
    });
    request.end();
  }).finally(() => agent.destroy());
}
