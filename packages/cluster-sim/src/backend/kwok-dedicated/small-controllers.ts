import { isApiError, type KubeObject } from '@scale-cluster/memory-apiserver';
import type { ApiConnection } from '../http-objects/api-connection.js';
import type { HttpObjects } from '../http-objects/http-objects.js';
import { resourcePath } from '../http-objects/paths.js';

export interface SmallControllersOptions {
  objects: HttpObjects;
  connection: ApiConnection;
  /** Told about failures; they are tried again at the next change, or after {@link retryMs}. */
  onError: (error: unknown) => void;
  /** @default 2000 */
  retryMs?: number;
}

const tokenType = 'kubernetes.io/service-account-token';
const accountAnnotation = 'kubernetes.io/service-account.name';
/** As long as the controller manager's tokens, which have no end, but kube-apiserver wants one: ten years. */
const tokenSeconds = 10 * 365 * 86_400;

/**
 * What a cluster without controller manager can't do without: a `default` account in each namespace, tokens in service
 * account Secrets, and the end of deleted namespaces. Workloads get no pods.
 */
export class SmallControllers {
  readonly #watches: { close(): void }[];
  readonly #busy = new Set<string>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #closed = false;

  constructor(private readonly options: SmallControllersOptions) {
    const { objects } = options;
    this.#watches = [
      objects.watch('namespaces', {}, (type, namespace) => {
        if (type !== 'DELETED')
          this.#work(`namespace/${namespace.metadata.name}`, () => this.#namespace(namespace.metadata.name));
      }),
      objects.watch('secrets', { fieldSelector: `type=${tokenType}` }, (type, { metadata }) => {
        const { namespace, name } = metadata;
        if (type !== 'DELETED')
          this.#work(`secret/${namespace}/${name}`, () => this.#token(namespace ?? '', name));
      }),
    ];
  }

  close(): void {
    this.#closed = true;
    for (const watch of this.#watches) watch.close();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** One at a time for each object; again after a pause as long as it asks for that or fails. */
  #work(key: string, task: () => Promise<boolean>): void {
    if (this.#closed || this.#busy.has(key)) return;
    this.#busy.add(key);
    void task()
      .catch((error: unknown) => {
        if (!this.#closed) this.options.onError(error);
        return false;
      })
      .then((done) => {
        this.#busy.delete(key);
        if (done || this.#closed) return;
        const timer = setTimeout(() => {
          this.#timers.delete(timer);
          this.#work(key, task);
        }, this.options.retryMs ?? 2_000);
        this.#timers.add(timer.unref());
      });
  }

  async #namespace(name: string): Promise<boolean> {
    const { objects } = this.options;
    const namespace = await objects.find('namespaces', undefined, name);
    if (namespace === undefined) return true;
    if (namespace.metadata.deletionTimestamp !== undefined) return this.#finish(namespace);
    await objects
      .create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } })
      .catch((error: unknown) => {
        if (!isApiError(error, 'AlreadyExists')) throw error;
      });
    return true;
  }

  /** Empties a namespace that is being deleted, then lets it go (k8s.io/kubernetes `pkg/controller/namespace/deletion`). */
  async #finish(namespace: KubeObject): Promise<boolean> {
    const { objects, connection } = this.options;
    const { name } = namespace.metadata;
    const seen = new Set<string>();
    let left = 0;
    for (const resource of objects.catalog.all()) {
      if (!resource.namespaced || !resource.verbs.includes('deletecollection') || seen.has(resource.storage))
        continue;
      seen.add(resource.storage);
      const present = await objects.list(resource.storage, { namespace: name });
      if (present.length === 0) continue;
      await connection.json({ method: 'DELETE', path: resourcePath(resource, name), body: {} });
      left += (await objects.list(resource.storage, { namespace: name })).length;
    }
    if (left > 0) return false;
    const finalized = { ...namespace, spec: { ...(namespace['spec'] as object), finalizers: [] } };
    await connection
      .json({
        method: 'PUT',
        path: `/api/v1/namespaces/${encodeURIComponent(name)}/finalize`,
        body: finalized,
      })
      .catch((error: unknown) => {
        if (!isApiError(error, 'NotFound')) throw error;
      });
    return true;
  }

  /** Asks the kube-apiserver for a token bound to the Secret and puts it in. */
  async #token(namespace: string, name: string): Promise<boolean> {
    const { objects, connection } = this.options;
    const secret = await objects.find('secrets', namespace, name);
    const data = secret?.['data'] as Record<string, string> | undefined;
    const account = secret?.metadata.annotations?.[accountAnnotation];
    if (secret === undefined || data?.['token'] !== undefined || account === undefined) return true;
    const found = await objects.find('serviceaccounts', namespace, account);
    if (found === undefined) return false;
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${encodeURIComponent(account)}/token`;
    const answer = await connection.json<{ status: { token: string } }>({
      method: 'POST',
      path,
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: {
          expirationSeconds: tokenSeconds,
          boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name, uid: secret.metadata.uid },
        },
      },
    });
    const root = await objects.find('configmaps', namespace, 'kube-root-ca.crt');
    const ca = (root?.['data'] as Record<string, string> | undefined)?.['ca.crt'];
    await objects.patch('secrets', namespace, name, 'merge', {
      metadata: { annotations: { 'kubernetes.io/service-account.uid': found.metadata.uid } },
      data: {
        token: base64(answer.status.token),
        namespace: base64(namespace),
        ...(ca === undefined ? {} : { 'ca.crt': base64(ca) }),
      },
    });
    return true;
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
