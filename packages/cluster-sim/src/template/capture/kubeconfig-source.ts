import { setMaxListeners } from 'node:events';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import type { KubeObject } from '@scale-cluster/memory-apiserver';
import { CaptureError, errorText } from '../../errors.js';
import type { ClusterSource, SourceResource } from './cluster-source.js';

export interface KubeconfigSourceOptions {
  /** Path of the kubeconfig. */
  kubeconfig: string;
  /** @default its current context */
  context?: string;
  signal?: AbortSignal;
}

const pageSize = 500;
const timeoutMs = 60_000;
const maxConnections = 8;

interface ListBody {
  metadata?: { continue?: string };
  items: Record<string, unknown>[];
}

interface ResourceList {
  resources?: { name: string; kind: string; namespaced: boolean; verbs: string[] }[];
}

interface GroupList {
  groups: {
    name: string;
    preferredVersion?: { version: string };
    versions: { version: string }[];
  }[];
}

/**
 * The cluster of a kubeconfig, read over HTTP with all that a kubeconfig may hold (certificates, tokens, exec plugins,
 * proxies). Reads only. Throws {@link CaptureError} for a kubeconfig or context that can't be used.
 */
export async function openKubeconfig(options: KubeconfigSourceOptions): Promise<ClusterSource> {
  // Loaded here: it takes a second and 75 MB that nothing else needs.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    config.loadFromFile(options.kubeconfig);
  } catch (error) {
    throw new CaptureError(`${options.kubeconfig} is no kubeconfig: ${errorText(error)}`, { cause: error });
  }
  if (options.context !== undefined) {
    const known = config.getContexts().map(({ name }) => name);
    if (!known.includes(options.context)) {
      throw new CaptureError(
        `${options.kubeconfig} has no context ${JSON.stringify(options.context)}; it has ${known.join(', ') || 'none'}`,
      );
    }
    config.setCurrentContext(options.context);
  }
  const server = config.getCurrentCluster()?.server;
  if (server === undefined || !URL.canParse(server)) {
    throw new CaptureError(
      `${options.kubeconfig}: the context names no cluster with a server; give --context`,
    );
  }
  return new KubeconfigSource(config, server, options.signal);
}

class KubeconfigSource implements ClusterSource {
  readonly #base: URL;
  #options: Promise<RequestOptions> | undefined;

  constructor(
    private readonly config: KubeConfig,
    server: string,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.#base = new URL(server.endsWith('/') ? server : `${server}/`);
    // Every open request listens to it.
    if (signal !== undefined) setMaxListeners(0, signal);
  }

  async resources(
    serves: (group: string, version: string, plural: string) => boolean,
  ): ReturnType<ClusterSource['resources']> {
    const { groups } = await this.#get<GroupList>('apis');
    const all = [
      { name: '', versions: ['v1'] },
      ...groups.map(({ name, preferredVersion, versions }) => ({
        name,
        versions: [
          ...new Set(
            [...(preferredVersion === undefined ? [] : [preferredVersion]), ...versions].map(
              (one) => one.version,
            ),
          ),
        ],
      })),
    ];
    const resources: SourceResource[] = [];
    const unreachable: { what: string; reason: string }[] = [];
    await Promise.all(
      all.map(async ({ name: group, versions }) => {
        const found = new Map<string, SourceResource>();
        for (const version of versions) {
          const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
          let list: ResourceList;
          try {
            list = await this.#get<ResourceList>(path);
          } catch (error) {
            // One extension server that is down must not stop it all; without the core there is nothing.
            if (group === '') throw error;
            unreachable.push({ what: `${group}/${version}`, reason: errorText(error) });
            continue;
          }
          for (const { name: plural, kind, namespaced, verbs } of list.resources ?? []) {
            if (plural.includes('/')) continue;
            const before = found.get(plural);
            if (
              before !== undefined &&
              (serves(group, before.version, plural) || !serves(group, version, plural))
            )
              continue;
            const capturable = verbs.includes('list') && verbs.includes('create');
            found.set(plural, { group, version, plural, kind, namespaced, capturable });
          }
        }
        resources.push(...found.values());
      }),
    );
    const order = (a: SourceResource, b: SourceResource): number =>
      compare(a.group, b.group) || compare(a.plural, b.plural);
    return {
      resources: resources.sort(order),
      unreachable: unreachable.sort((a, b) => compare(a.what, b.what)),
    };
  }

  async list({ group, version, plural, kind }: SourceResource): Promise<KubeObject[]> {
    const apiVersion = group === '' ? version : `${group}/${version}`;
    const path = `${group === '' ? 'api' : `apis/${group}`}/${version}/${plural}`;
    const items: Record<string, unknown>[] = [];
    let next = `?limit=${pageSize}`;
    while (next !== '') {
      let page: ListBody;
      try {
        page = await this.#get<ListBody>(`${path}${next}`);
      } catch (error) {
        // The continue token has expired: once more, in one piece.
        if (!(error instanceof CaptureError) || error.status !== 410) throw error;
        items.length = 0;
        page = await this.#get<ListBody>(path);
      }
      items.push(...page.items);
      const token = page.metadata?.continue ?? '';
      next = token === '' ? '' : `?limit=${pageSize}&continue=${encodeURIComponent(token)}`;
    }
    // Items of a list don't say what they are.
    return items.map((item) => ({ ...item, apiVersion, kind }) as KubeObject);
  }

  close(): void {
    void this.#options?.then(
      ({ agent }) => typeof agent === 'object' && agent.destroy(),
      () => undefined,
    );
  }

  /** An exec plugin is asked once. */
  #connection(): Promise<RequestOptions> {
    this.#options ??= (async () => {
      const options: RequestOptions = {};
      try {
        await this.config.applyToHTTPSOptions(options);
      } catch (error) {
        throw new CaptureError(`the kubeconfig's credentials can't be used: ${errorText(error)}`, {
          cause: error,
        });
      }
      if (typeof options.agent === 'object') options.agent.maxSockets = maxConnections;
      return options;
    })();
    return this.#options;
  }

  async #get<T>(path: string): Promise<T> {
    const url = new URL(path, this.#base);
    const options = await this.#connection();
    const { status, body } = await new Promise<{ status: number; body: string }>((resolve, reject) => {
      const fail = (error: Error): void => {
        const reason = this.signal?.aborted === true ? 'interrupted' : errorText(error);
        reject(new CaptureError(`${this.#base.href} can't be asked: ${reason}`, { cause: error }));
      };
      const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
      const call = send(
        url,
        {
          ...options,
          headers: { ...options.headers, Accept: 'application/json', 'User-Agent': 'scale-cluster-capture' },
          timeout: timeoutMs,
          ...(this.signal === undefined ? {} : { signal: this.signal }),
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', fail);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
          );
        },
      );
      call.on('timeout', () => call.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
      call.on('error', fail);
      call.end();
    });
    if (status !== 200) throw new CaptureError(`GET /${path}: ${status} ${messageOf(body)}`, { status });
    try {
      return JSON.parse(body) as T;
    } catch (error) {
      throw new CaptureError(`GET /${path}: the answer is no JSON; is ${this.#base.href} a Kubernetes API?`, {
        cause: error,
      });
    }
  }
}

/** What a `Status` says, or how the body begins. */
function messageOf(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // Not a Status: proxies in between answer in their own ways.
  }
  return body.slice(0, 200).trim();
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
