import { readCollection } from './collection.js';
import { NotFoundError, RancherError } from './errors.js';
import type { RancherHttp } from './http.js';
import type { ResolvedOptions } from './options.js';
import { waitFor } from './wait.js';

/** What an agent needs to open its tunnels. */
export interface RegistrationToken {
  token: string;
  /** `<server>/v3/import/<token>_<clusterId>.yaml`: holds the token, so treat it as one. */
  manifestUrl: string;
  /** RFC 3339; absent if Rancher doesn't let it expire (before 2.13.8, or with rotation off). */
  expiresAt?: string;
}

interface Item {
  name: string;
  token: string;
  manifestUrl: string;
  expiresAt: string;
}

const path = '/v3/clusterregistrationtokens';

/** Rancher makes this one for each cluster by itself (rancher `controllers/provisioningv2/cluster` `createToken`). */
const defaultName = 'default-token';

/** Waits for, and if need be makes, registration tokens. Nothing is cached: Rancher rotates them. */
export class RegistrationTokens {
  constructor(
    private readonly http: RancherHttp,
    private readonly options: ResolvedOptions,
  ) {}

  async read(
    clusterId: string,
    options: { signal?: AbortSignal; fresh?: boolean } = {},
  ): Promise<RegistrationToken> {
    const { signal, fresh = false } = options;
    const usable = (item: Item): boolean => item.token !== '' && (!fresh || !isExpired(item.expiresAt));
    let created = false;
    const item = await waitFor(
      `a registration token for ${clusterId}`,
      async (waitedMs) => {
        const own = await this.#default(clusterId, signal);
        if (own !== undefined && usable(own)) return own;
        if (own === undefined || created) {
          const found = (await this.#list(clusterId, signal)).find(usable);
          if (found !== undefined) return found;
        }
        if (created || waitedMs < this.options.poll.createTokenAfterMs) return undefined;
        created = true;
        const made = await this.#create(clusterId, signal);
        return usable(made) ? made : undefined;
      },
      this.options,
      this.http.closedSignal,
      signal,
    );
    return {
      token: item.token,
      manifestUrl: item.manifestUrl === '' ? this.#manifestUrl(item.token, clusterId) : item.manifestUrl,
      ...(item.expiresAt === '' ? {} : { expiresAt: item.expiresAt }),
    };
  }

  /** Asked by its id, which is cheap; a list makes Rancher read the tokens of all clusters. */
  async #default(clusterId: string, signal: AbortSignal | undefined): Promise<Item | undefined> {
    try {
      const item = parseItem(
        await this.http.getJson(`${path}/${encodeURIComponent(clusterId)}:${defaultName}`, { signal }),
      );
      return item.name === defaultName ? item : undefined;
    } catch (error) {
      if (error instanceof NotFoundError || (error instanceof RancherError && error.status === 405))
        return undefined;
      throw error;
    }
  }

  /** All tokens of a cluster, Rancher's own first. */
  async #list(clusterId: string, signal: AbortSignal | undefined): Promise<Item[]> {
    const query = `clusterId=${encodeURIComponent(clusterId)}`;
    const items = (await readCollection(this.http, `${path}?${query}`, signal)).map(parseItem);
    return items.sort((a, b) => Number(b.name === defaultName) - Number(a.name === defaultName));
  }

  async #create(clusterId: string, signal: AbortSignal | undefined): Promise<Item> {
    const body = { type: 'clusterRegistrationToken', clusterId };
    return parseItem(await this.http.json('POST', path, { body, signal }));
  }

  /** Rancher fills `manifestUrl` in later, and never while its setting `server-url` is empty. */
  #manifestUrl(token: string, clusterId: string): string {
    return `${this.options.url}${manifestPath(token, clusterId)}`;
  }
}

/** Where the import manifest is served, without authentication. */
export function manifestPath(token: string, clusterId: string): string {
  return `/v3/import/${encodeURIComponent(token)}_${encodeURIComponent(clusterId)}.yaml`;
}

function parseItem(value: unknown): Item {
  const raw = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const text = (key: string): string => (typeof raw[key] === 'string' ? raw[key] : '');
  return {
    name: text('name'),
    token: text('token'),
    manifestUrl: text('manifestUrl'),
    expiresAt: text('expiresAt'),
  };
}

function isExpired(expiresAt: string): boolean {
  return expiresAt !== '' && Date.parse(expiresAt) <= Date.now();
}
