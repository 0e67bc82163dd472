import { messageOf } from '../errors.js';
import type { KubeClient } from '../kube/client.js';
import type { KubeObject } from '../kube/object.js';
import { paths } from '../kube/paths.js';
import { encodeProtobuf, protobufContentType } from '../kube/protobuf.js';
import { agentImage } from '../manifest/agent-manifest.js';

const cleanupTries = 3;
const cleanupRetryMs = 3_000;
const rbac = 'rbac.authorization.k8s.io';
const namespace = 'default';

/**
 * What Rancher does in a cluster that is being deleted (controllers/management/usercontrollers
 * `cleanupImportedCluster`): a Job that would remove the agent, with its rights; 3 tries, then it deletes anyway.
 */
export async function cleanUp(client: KubeClient, signal: AbortSignal): Promise<void> {
  const { cluster, environment } = client.link;
  let failure: unknown;
  for (let attempt = 0; attempt < cleanupTries; attempt++) {
    if (attempt > 0 && !(await environment.deadlines.sleep(cleanupRetryMs, signal))) break;
    try {
      return await createCleanupJob(client);
    } catch (error) {
      failure = error;
    }
  }
  if (!client.link.excused(failure))
    environment.violations.report('cleanup-failed', cluster.id, messageOf(failure));
}

async function createCleanupJob(client: KubeClient): Promise<void> {
  const labels = { 'cattle.io/creator': 'norman' };
  const generateName = 'cattle-cleanup-';
  const post = (path: string, object: KubeObject): Promise<KubeObject | undefined> =>
    client.send<KubeObject>('POST', path, encodeProtobuf(object), { contentType: protobufContentType });

  const role = await post(paths.clusterRoles, {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { generateName, labels },
    rules: [
      { apiGroups: [''], resources: ['namespaces'], verbs: ['list', 'get', 'update', 'delete'] },
      {
        apiGroups: [rbac],
        resources: ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'],
        verbs: ['list', 'get', 'delete'],
      },
      { apiGroups: ['batch'], resources: ['jobs'], verbs: ['list', 'get', 'delete'] },
    ],
  });
  const account = await post(paths.serviceAccounts(namespace), {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { generateName, namespace, labels },
  });
  const accountName = account?.metadata.name ?? '';
  const binding = await post(paths.clusterRoleBindings, {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { generateName, labels },
    subjects: [{ kind: 'ServiceAccount', name: accountName, namespace }],
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role?.metadata.name ?? '' },
  });
  const job = await post(`/apis/batch/v1/namespaces/${namespace}/jobs`, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { generateName, namespace, labels },
    spec: {
      backoffLimit: 10,
      template: {
        spec: {
          serviceAccountName: accountName,
          restartPolicy: 'OnFailure',
          containers: [
            {
              name: 'cleanup-agent',
              image: agentImage,
              imagePullPolicy: 'Always',
              securityContext: { runAsUser: 1000, runAsGroup: 1000 },
              env: [
                { name: 'CLUSTER_CLEANUP', value: 'true' },
                { name: 'SLEEP_FIRST', value: 'true' },
              ],
            },
          ],
        },
      },
    },
  });
  // The Job becomes the owner of what it needs, so that all of it goes with the Job.
  const owner = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    name: job?.metadata.name ?? '',
    uid: job?.metadata.uid ?? '',
  };
  const owned: [string, KubeObject | undefined, string, string][] = [
    [paths.clusterRoles, role, `${rbac}/v1`, 'ClusterRole'],
    [paths.serviceAccounts(namespace), account, 'v1', 'ServiceAccount'],
    [paths.clusterRoleBindings, binding, `${rbac}/v1`, 'ClusterRoleBinding'],
  ];
  for (const [path, object, apiVersion, kind] of owned) {
    if (!object) continue;
    const update = {
      ...object,
      apiVersion,
      kind,
      metadata: { ...object.metadata, ownerReferences: [owner] },
    };
    await client.send('PUT', `${path}/${object.metadata.name ?? ''}`, encodeProtobuf(update), {
      contentType: protobufContentType,
    });
  }
}
