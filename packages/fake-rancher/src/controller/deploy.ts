import { applyManifest } from '../apply/apply.js';
import { messageOf } from '../errors.js';
import { KubeClient } from '../kube/client.js';
import { agentManifest } from '../manifest/agent-manifest.js';
import type { Semaphore } from '../semaphore.js';
import type { Impersonator } from './impersonation.js';
import { bindSystemUser } from './role-templates.js';

const applyTries = 5;
const features =
  'embedded-cluster-api=false,fleet=false,multi-cluster-management=false,multi-cluster-management-agent=true,provisioningv2=false,rke2=false';
const kubectlAgent = 'kubectl/v1.36.0 (linux/amd64) kubernetes/rancher';

export interface DeployEnvironment {
  readonly impersonator: Impersonator;
  readonly applies: Semaphore;
  readonly signal: AbortSignal;
  /** Values of the manifest that belong to the server. */
  readonly manifest: { url: string; caChecksum: string; installUuid: string };
  /** The current token called `system`, made when there is none. */
  readonly systemToken: () => string;
}

/**
 * Deploys the agent as clusterdeploy does (controllers/management/clusterdeploy `doSync`): the system user gets its
 * rights, then the manifest is applied on its behalf, through the impersonation account, 5 tries 5 s apart.
 * Answers whether it is done; the condition AgentDeployed tells the reason if not.
 */
export async function deployAgent(client: KubeClient, environment: DeployEnvironment): Promise<boolean> {
  const { cluster, environment: link } = client.link;
  const { signal, impersonator } = environment;
  let failure: unknown;
  for (let attempt = 0; attempt < applyTries && !signal.aborted; attempt++) {
    if (attempt > 0 && !(await link.deadlines.sleep(link.options.retryDelayMs, signal))) return false;
    try {
      await bindSystemUser(client);
      cluster.set('SystemAccountCreated', { status: 'True' });
      // The image and the taints decide in Rancher whether anything must be deployed at all.
      await client.get('/apis/apps/v1/namespaces/cattle-system/deployments/cattle-cluster-agent', {
        allow: [404],
      });
      const identity = await impersonator.identity(cluster.systemUser, kubectlAgent);
      const { url, caChecksum, installUuid } = environment.manifest;
      const registrationToken = environment.systemToken();
      const manifest = agentManifest({
        url,
        caChecksum,
        installUuid,
        registrationToken,
        namespace: cluster.id,
        features,
      });
      await environment.applies.run(() => applyManifest(new KubeClient(client.link, identity), manifest));
      cluster.mark('deployed');
      cluster.set('AgentDeployed', { status: 'True' });
      return true;
    } catch (error) {
      failure = error;
      link.options.logger.debug(
        { cluster: cluster.id, attempt, error: messageOf(error) },
        'agent not deployed',
      );
    }
  }
  if (signal.aborted || client.link.excused(failure)) return false;
  link.violations.report('deploy-failed', cluster.id, messageOf(failure));
  cluster.set('AgentDeployed', { status: 'False', reason: 'Error', message: messageOf(failure) });
  return false;
}
