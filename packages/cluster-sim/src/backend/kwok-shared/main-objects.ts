import { isApiError, type KubeObject } from '@scale-cluster/memory-apiserver';
import type { ApiConnection } from '../http-objects/api-connection.js';
import type { Mirrors } from './mirrors.js';
import type { MirroredStorage } from './names.js';

const mergePatch = 'application/merge-patch+json';

/** Writes to the main cluster; what it answers is known to the mirrors at once, not only when the watch tells. */
export class MainObjects {
  constructor(
    private readonly api: Pick<ApiConnection, 'json'>,
    private readonly mirrors: Mirrors,
  ) {}

  async create(storage: MirroredStorage, path: string, object: KubeObject): Promise<void> {
    this.mirrors.set(storage, await this.api.json<KubeObject>({ method: 'POST', path, body: object }));
  }

  /** Of one object, or of its status where the path ends so. */
  async patch(storage: MirroredStorage, path: string, mirror: KubeObject, body: object): Promise<void> {
    await this.#change(storage, mirror, { method: 'PATCH', path, body, contentType: mergePatch });
  }

  async replace(storage: MirroredStorage, path: string, mirror: KubeObject, body: KubeObject): Promise<void> {
    await this.#change(storage, mirror, { method: 'PUT', path, body });
  }

  /** Asks for the end of exactly this object; the watch tells when it has gone. */
  async delete(
    storage: MirroredStorage,
    path: string,
    mirror: KubeObject,
    gracePeriodSeconds: number,
  ): Promise<void> {
    const body = { gracePeriodSeconds, preconditions: { uid: mirror.metadata.uid } };
    try {
      await this.api.json({ method: 'DELETE', path, body });
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
      this.mirrors.remove(storage, mirror);
    }
  }

  /** A request whose object may be gone already, which is as good. */
  async drop(path: string, body: object = {}): Promise<void> {
    await this.api.json({ method: 'DELETE', path, body }).catch(ignoreNotFound);
  }

  async #change(
    storage: MirroredStorage,
    mirror: KubeObject,
    ask: Parameters<ApiConnection['json']>[0],
  ): Promise<void> {
    try {
      this.mirrors.set(storage, await this.api.json<KubeObject>(ask));
    } catch (error) {
      // Gone without our noticing: it is looked at anew without it.
      if (!isApiError(error, 'NotFound')) throw error;
      this.mirrors.remove(storage, mirror);
    }
  }
}

export function ignoreNotFound(error: unknown): undefined {
  if (!isApiError(error, 'NotFound')) throw error;
  return undefined;
}
