import type { KubeClient } from '../kube/client.js';
import type { KubeObject, ObjectMeta } from '../kube/object.js';
import { impersonationNamespace, paths } from '../kube/paths.js';
import type { ManagementCluster } from '../model/cluster.js';
import { messageOf } from '../errors.js';
import type { Reflector } from './reflector.js';

const projectId = 'field.cattle.io/projectId';
const createHook = 'lifecycle.cattle.io/create.namespace-auth';
const finalizer = 'controller.cattle.io/namespace-auth';
const updateTries = 3;

/** Namespaces that belong to the System project by their names (pkg/project `SystemProject` list). */
const systemNamespaces = new Set([
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'cattle-system',
  'cattle-fleet-system',
  impersonationNamespace,
  'cattle-monitoring-system',
  'ingress-nginx',
]);

/**
 * Rancher's RBAC controllers on namespaces: assigns the known ones to projects, marks each as seen, adds a
 * finalizer and takes it off again when the namespace is being deleted; looks for secrets to copy into it.
 */
export class NamespaceController {
  readonly #client: KubeClient;
  readonly #watch: Reflector;
  readonly #dirty = new Set<string>();
  #working = false;

  constructor(client: KubeClient, watch: Reflector) {
    this.#client = client;
    this.#watch = watch;
  }

  /** Works on all namespaces, now and after every change of one. Resolves when the present ones are done. */
  async start(): Promise<void> {
    this.#watch.onChange = (changed) => {
      for (const { name } of changed) if (name !== undefined) this.#dirty.add(name);
      void this.#work();
    };
    for (const name of this.#watch.items.keys()) this.#dirty.add(name);
    await this.#work();
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    for (const name of this.#dirty) {
      this.#dirty.delete(name);
      try {
        await this.#sync(name);
      } catch (error) {
        // The request was judged where it failed; the next change of the namespace brings the next try.
        const { logger } = this.#client.link.environment.options;
        logger.debug(
          { cluster: this.#client.link.cluster.id, namespace: name, error: messageOf(error) },
          'namespace not synced',
        );
      }
    }
    this.#working = false;
  }

  async #sync(name: string): Promise<void> {
    const known = this.#watch.items.get(name);
    if (!known || !this.#wish(known)) return;
    const isNew = known.annotations?.[createHook] === undefined && known.deletionTimestamp === undefined;
    const path = `${paths.namespaces}/${name}`;
    for (let attempt = 0; attempt < updateTries; attempt++) {
      const current = await this.#client.get<KubeObject>(path, { allow: [404] });
      const wish = current && this.#wish(current.metadata);
      if (!current || !wish) return;
      const answer = await this.#client.send<KubeObject>(
        'PUT',
        path,
        { ...current, metadata: wish },
        { allow: [404, 409] },
      );
      if (answer) {
        this.#verify(name, current.metadata, wish, answer.metadata);
        break;
      }
    }
    if (isNew) await this.#lookForSecrets(name);
  }

  /** The metadata that Rancher wants, or undefined when it is so already. */
  #wish(metadata: ObjectMeta): ObjectMeta | undefined {
    const finalizers = metadata.finalizers ?? [];
    if (metadata.deletionTimestamp !== undefined) {
      if (!finalizers.includes(finalizer)) return undefined;
      return { ...metadata, finalizers: finalizers.filter((entry) => entry !== finalizer) };
    }
    const annotations: Record<string, string> = { ...metadata.annotations };
    const labels: Record<string, string> = { ...metadata.labels };
    const project = projectOf(this.#client.link.cluster, metadata.name ?? '');
    if (project !== undefined && annotations[projectId] === undefined) {
      annotations[projectId] = `${this.#client.link.cluster.id}:${project}`;
      labels[projectId] = project;
    }
    annotations[createHook] ??= 'true';
    annotations['management.cattle.io/no-default-sa-token'] ??= 'true';
    annotations['cattle.io/status'] ??= JSON.stringify({
      Conditions: [
        { Type: 'ResourceQuotaInit', Status: 'True', Message: '', LastUpdateTime: new Date().toISOString() },
        {
          Type: 'InitialRolesPopulated',
          Status: 'True',
          Message: '',
          LastUpdateTime: new Date().toISOString(),
        },
      ],
    });
    const complete =
      finalizers.includes(finalizer) &&
      Object.keys(annotations).every((key) => metadata.annotations?.[key] !== undefined) &&
      Object.keys(labels).every((key) => metadata.labels?.[key] !== undefined);
    if (complete) return undefined;
    return { ...metadata, annotations, labels, finalizers: [...new Set([...finalizers, finalizer])] };
  }

  /** A PUT must be seen in its own answer. */
  #verify(name: string, before: ObjectMeta, wish: ObjectMeta, after: ObjectMeta): void {
    // The PUT that takes the last finalizer removes the object: its answer is what was sent, with the old version
    // (k8s.io/apiserver pkg/registry/generic/registry/store.go deleteWithoutFinalizers).
    const removed = before.deletionTimestamp !== undefined && (wish.finalizers ?? []).length === 0;
    const lost =
      (after.resourceVersion === before.resourceVersion && !removed) ||
      after.annotations?.[projectId] !== wish.annotations?.[projectId] ||
      after.annotations?.[createHook] !== wish.annotations?.[createHook];
    if (lost)
      this.#client.link.environment.violations.report(
        'update-lost',
        this.#client.link.cluster.id,
        `namespace ${name}: the answer to a PUT does not show it`,
      );
  }

  /** Project-scoped secrets and managed pull secrets would be copied: none exist here, but Rancher looks. */
  async #lookForSecrets(namespace: string): Promise<void> {
    for (const label of [
      'management.cattle.io/project-scoped-secret',
      'management.cattle.io/rancher-managed-pull-secret',
    ])
      await this.#client.get(`${paths.secrets(namespace)}?labelSelector=${encodeURIComponent(label)}`);
  }
}

function projectOf(cluster: ManagementCluster, namespace: string): string | undefined {
  if (systemNamespaces.has(namespace)) return cluster.projects.system;
  return namespace === 'default' ? cluster.projects.default : undefined;
}
