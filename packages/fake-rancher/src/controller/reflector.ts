import type { IncomingMessage } from 'node:http';
import { messageOf } from '../errors.js';
import { statusMessage, type KubeClient } from '../kube/client.js';
import type { KubeObject, ObjectMeta } from '../kube/object.js';
import { WatchDecoder, type WatchEvent } from '../kube/watch-decoder.js';
import type { WatchSpec } from './watch-list.js';

/** client-go's reflector: watches end after 5 to 10 minutes; its backoff. */
const minWatchSeconds = 300;
const initialBackoffMs = 800;
const maxBackoffMs = 30_000;
/** A stream may end this much before its timeoutSeconds. */
const earlyEndToleranceMs = 2_000;
/** A WatchList must bring its initial bookmark within this time. */
const initialBookmarkMs = 30_000;
/** A watch shorter than this counts as failed (client-go `VeryShortWatchError`). */
const shortWatchMs = 1_000;
/** How an API server says that a resourceVersion is too old. */
const gone = 410;

type End = 'again' | 'relist' | 'failed' | 'no-watchlist';

/**
 * Keeps one list+watch of a cluster going as client-go's reflector does with WatchList (client-go
 * tools/cache/reflector.go): initial events up to the bookmark that ends them, then changes; a stream that ended
 * resumes at its last resourceVersion; 410 begins anew. Reports what a real API server would not do.
 */
export class Reflector {
  readonly spec: WatchSpec;
  /** Metadata by `namespace/name`; empty unless `spec.keep`. */
  readonly items = new Map<string, ObjectMeta>();
  /** Resolves when the initial state is there for the first time. */
  readonly synced: Promise<void>;
  /** Called when the kept items changed, with those that did. */
  onChange: (changed: ObjectMeta[]) => void = () => {};

  readonly #client: KubeClient;
  readonly #signal: AbortSignal;
  readonly #waiters = new Set<() => void>();
  #resolveSynced: () => void = () => {};
  #isSynced = false;
  #resourceVersion: string | undefined;
  #watchList = true;

  constructor(client: KubeClient, spec: WatchSpec, signal: AbortSignal) {
    this.#client = client;
    this.spec = spec;
    this.#signal = signal;
    this.synced = new Promise((resolve) => (this.#resolveSynced = resolve));
  }

  /** Runs until the signal aborts. Never rejects. */
  async run(): Promise<void> {
    const { deadlines, options } = this.#client.link.environment;
    let backoffMs = initialBackoffMs;
    while (!this.#signal.aborted) {
      const end = await this.#once();
      if (end === 'failed') {
        await deadlines.sleep(backoffMs * (1 + options.random()), this.#signal);
        backoffMs = Math.min(backoffMs * 2, maxBackoffMs);
      } else backoffMs = initialBackoffMs;
      if (end === 'relist') this.#resourceVersion = undefined;
      if (end === 'no-watchlist') this.#watchList = false;
    }
  }

  /** Calls `resolve` on every change until `predicate` holds; false when `timeoutMs` went by first. */
  waitFor(
    predicate: (items: ReadonlyMap<string, ObjectMeta>) => boolean,
    timeoutMs?: number,
  ): Promise<boolean> {
    if (predicate(this.items)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = (answer: boolean): void => {
        this.#waiters.delete(check);
        this.#signal.removeEventListener('abort', onAbort);
        cancel?.();
        resolve(answer);
      };
      const check = (): void => {
        if (predicate(this.items)) done(true);
      };
      const onAbort = (): void => done(false);
      const cancel =
        timeoutMs === undefined
          ? undefined
          : this.#client.link.environment.deadlines.after(timeoutMs, () => done(false));
      this.#waiters.add(check);
      this.#signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  async #once(): Promise<End> {
    try {
      if (this.#resourceVersion === undefined && !this.#watchList) await this.#list();
      return await this.#watch();
    } catch {
      return 'failed'; // reported where it happened
    }
  }

  async #list(): Promise<void> {
    const query = new URLSearchParams({ limit: '500' });
    if (this.spec.fieldSelector) query.set('fieldSelector', this.spec.fieldSelector);
    const found: ObjectMeta[] = [];
    let version = '';
    do {
      const page = await this.#client.get<{
        metadata: { resourceVersion?: string; continue?: string };
        items?: KubeObject[];
      }>(`${this.spec.path}?${query.toString()}`);
      for (const item of page?.items ?? []) found.push(item.metadata);
      version = page?.metadata.resourceVersion ?? '';
      query.set('continue', page?.metadata.continue ?? '');
    } while (query.get('continue') !== '');
    this.#replace(found, version);
  }

  async #watch(): Promise<End> {
    const initial = this.#resourceVersion === undefined;
    const { random } = this.#client.link.environment.options;
    const timeoutSeconds = Math.floor(minWatchSeconds * (1 + random()));
    const query = new URLSearchParams({
      allowWatchBookmarks: 'true',
      watch: 'true',
      timeoutSeconds: String(timeoutSeconds),
    });
    if (this.spec.fieldSelector) query.set('fieldSelector', this.spec.fieldSelector);
    if (initial) {
      query.set('sendInitialEvents', 'true');
      query.set('resourceVersionMatch', 'NotOlderThan');
    } else query.set('resourceVersion', this.#resourceVersion ?? '');
    const response = await this.#client.stream({
      path: `${this.spec.path}?${query.toString()}`,
      signal: this.#signal,
    });
    const status = response.statusCode ?? 0;
    if (status >= 400) return this.#refused(status, await readAll(response), initial);
    return this.#follow(response, initial, timeoutSeconds * 1000);
  }

  #refused(status: number, body: Buffer, initial: boolean): End {
    if (status === gone) return 'relist';
    // A server without WatchList says so; the reflector then lists.
    if (initial && (status === 422 || status === 400)) return 'no-watchlist';
    if (!this.#client.link.excused(undefined)) this.#report(`http-${status}`, statusMessage(body));
    return 'failed';
  }

  /** Reads one stream to its end. */
  #follow(response: IncomingMessage, initial: boolean, timeoutMs: number): Promise<End> {
    const decoder = new WatchDecoder();
    const openedAt = Date.now();
    const { deadlines } = this.#client.link.environment;
    let collecting: ObjectMeta[] | undefined = initial ? [] : undefined;
    let end: End | undefined;
    const cancel = initial
      ? deadlines.after(initialBookmarkMs, () => {
          if (!this.#client.link.excused(undefined))
            this.#report(
              'initial-bookmark-missing',
              `none within ${initialBookmarkMs} ms of sendInitialEvents`,
            );
        })
      : undefined;
    response.setEncoding('utf8');
    return new Promise((resolve) => {
      response.on('data', (text: string) => {
        try {
          const changed: ObjectMeta[] = [];
          for (const event of decoder.push(text)) {
            if (event.type === 'ERROR') end = this.#errorEvent(event);
            else if (!collecting) this.#apply(event, changed);
            else if (event.type !== 'BOOKMARK') collecting.push(event.object.metadata);
            else if (event.object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true') {
              cancel?.();
              this.#replace(collecting, event.object.metadata.resourceVersion ?? '');
              collecting = undefined;
            }
          }
          if (changed.length > 0) this.#changed(changed);
        } catch (error) {
          end = 'failed';
          this.#report('watch-broken', messageOf(error));
          response.destroy();
        }
      });
      let failure: Error | undefined;
      response.on('error', (error: Error) => (failure = error));
      response.on('close', () => {
        cancel?.();
        const age = Date.now() - openedAt;
        if (end === undefined && !response.complete)
          this.#reportEnd('watch-broken', `after ${age} ms: ${failure ? failure.message : 'cut off'}`);
        else if (end === undefined && age < timeoutMs - earlyEndToleranceMs)
          this.#reportEnd('watch-ended-early', `after ${age} of ${timeoutMs} ms`);
        // An initial state without its end is worth nothing; a cut or very short stream resumes, but not in a
        // tight loop.
        resolve(end ?? (collecting || !response.complete || age < shortWatchMs ? 'failed' : 'again'));
      });
    });
  }

  #errorEvent(event: WatchEvent): End {
    const { code, message } = event.object as unknown as { code?: number; message?: string };
    if (code === gone) return 'relist';
    this.#report('watch-broken', `ERROR event ${code ?? ''} ${message ?? ''}`);
    return 'failed';
  }

  #replace(found: ObjectMeta[], version: string): void {
    this.#noteVersion(version, 'initial state', true);
    for (const metadata of found) this.#inspect(metadata);
    if (this.spec.keep) {
      this.items.clear();
      for (const metadata of found) this.items.set(keyOf(metadata), metadata);
    }
    if (!this.#isSynced) {
      this.#isSynced = true;
      this.#resolveSynced();
    }
    this.#changed(found);
  }

  #apply(event: WatchEvent, changed: ObjectMeta[]): void {
    const { metadata } = event.object;
    this.#noteVersion(metadata.resourceVersion ?? '', `${event.type} ${metadata.name ?? ''}`, false);
    if (event.type === 'BOOKMARK') return;
    if (event.type !== 'DELETED') this.#inspect(metadata);
    if (!this.spec.keep) return;
    if (event.type === 'DELETED') this.items.delete(keyOf(metadata));
    else this.items.set(keyOf(metadata), metadata);
    changed.push(metadata);
  }

  #changed(changed: ObjectMeta[]): void {
    if (!this.spec.keep) return;
    this.onChange(changed);
    for (const check of this.#waiters) check();
  }

  /** Within a watch resourceVersions must not fall. */
  #noteVersion(version: string, what: string, anew: boolean): void {
    const number = Number(version);
    if (!/^\d+$/.test(version) || number === 0)
      return this.#report('rv-invalid', `${what}: resourceVersion "${version}"`);
    if (!anew && number < Number(this.#resourceVersion ?? 0))
      this.#report('rv-regressed', `${what}: ${version} after ${this.#resourceVersion ?? ''}`);
    this.#resourceVersion = version;
  }

  #inspect(metadata: ObjectMeta): void {
    const { violations } = this.#client.link.environment;
    const { id } = this.#client.link.cluster;
    if (this.spec.ownUids) violations.claimUid(metadata.uid, id, `${this.spec.key} ${metadata.name ?? ''}`);
    const project =
      this.spec.key === 'namespaces' ? metadata.annotations?.['field.cattle.io/projectId'] : undefined;
    if (project !== undefined && !project.startsWith(`${id}:`))
      violations.report(
        'foreign-project',
        id,
        `namespace ${metadata.name ?? ''} belongs to project ${project}`,
      );
  }

  #reportEnd(kind: string, detail: string): void {
    this.#client.link.reportFailure(kind, `${this.spec.path}: ${detail}`);
  }

  #report(kind: string, detail: string): void {
    this.#client.link.environment.violations.report(
      kind,
      this.#client.link.cluster.id,
      `${this.spec.path}: ${detail}`,
    );
  }
}

function keyOf(metadata: ObjectMeta): string {
  return metadata.namespace === undefined
    ? (metadata.name ?? '')
    : `${metadata.namespace}/${metadata.name ?? ''}`;
}

async function readAll(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
