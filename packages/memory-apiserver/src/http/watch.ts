import type { ApiError, FieldCause } from '../errors.js';
import { expired, invalid } from '../errors.js';
import type { RegistryContext } from '../registry/context.js';
import { listObjects, parseRevision } from '../registry/list.js';
import type { Selection } from '../registry/selection.js';
import type { ResourceInfo } from '../schema/resource.js';
import type { HttpEnvironment } from './environment.js';
import type { Exchange } from './exchange.js';
import type { Renderer } from './render.js';
import { eventLine, WatchStream } from './watch-stream.js';

interface WatchOptions {
  resourceVersion: string;
  sendInitialEvents: boolean | undefined;
  bookmarks: boolean;
  timeoutMs: number;
}

const truthy = (value: string | null): boolean => value === 'true' || value === '1' || value === '';

/** `ValidateListOptions` of k8s.io/apimachinery `pkg/apis/meta/internalversion/validation`, the watch half. */
function validate(query: URLSearchParams): void {
  const causes: FieldCause[] = [];
  const forbid = (field: string, why: string): void => {
    causes.push({ field, reason: 'FieldValueForbidden', message: `Forbidden: ${why}` });
  };
  const match = query.get('resourceVersionMatch') ?? '';
  const initial = query.has('sendInitialEvents');
  if (initial && match !== 'NotOlderThan') {
    forbid('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  if (match !== '') {
    if (!initial) {
      forbid(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      );
    }
    if (match !== 'NotOlderThan') {
      causes.push({
        field: 'resourceVersionMatch',
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: "${match}": supported values: "NotOlderThan"`,
      });
    }
    if (query.get('continue')) {
      forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided');
    }
  }
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', causes);
}

function optionsOf(query: URLSearchParams, environment: HttpEnvironment): WatchOptions {
  validate(query);
  const seconds = Number(query.get('timeoutSeconds') ?? 0);
  const { minWatchMs } = environment.limits;
  const initial = query.get('sendInitialEvents');
  return {
    resourceVersion: query.get('resourceVersion') ?? '',
    sendInitialEvents: initial === null ? undefined : truthy(initial),
    bookmarks: query.has('allowWatchBookmarks') && truthy(query.get('allowWatchBookmarks')),
    timeoutMs: seconds > 0 ? seconds * 1000 : minWatchMs * (1 + environment.random()),
  };
}

/** Answers a watch: what has been until now, then each change as it happens. */
export function startWatch(
  exchange: Exchange,
  context: RegistryContext,
  resource: ResourceInfo,
  selection: Selection,
  renderer: Renderer,
  environment: HttpEnvironment,
  streams: Set<WatchStream>,
): void {
  const options = optionsOf(exchange.query, environment);
  const { store } = context;
  const fresh = options.resourceVersion === '' || options.resourceVersion === '0';
  const since = fresh ? 0 : parseRevision(options.resourceVersion);
  // A version from the future is waited for by upstream; here none was ever given out, so the client is mistaken.
  const initial = options.sendInitialEvents ?? fresh;
  const { response } = exchange;
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' });
  const tooOld = initial || fresh ? undefined : tooOldError(store.oldestRevision, since);
  if (tooOld !== undefined) {
    response.end(eventLine('ERROR', JSON.stringify(tooOld.status)));
    return;
  }
  const stream = new WatchStream(
    exchange,
    store,
    resource.storage,
    selection,
    renderer,
    environment,
    options.bookmarks,
    (ended) => streams.delete(ended),
    options.timeoutMs,
  );
  streams.add(stream);
  if (initial) {
    const { texts, revision } = listObjects(store, resource, selection);
    let lines = texts.map((text) => eventLine('ADDED', renderer.event(text))).join('');
    if (options.sendInitialEvents === true && options.bookmarks)
      lines += eventLine('BOOKMARK', renderer.bookmark(revision, true));
    stream.write(lines);
  } else if (!fresh) {
    for (const change of store.changesSince(resource.storage, since) ?? []) stream.onChange(change);
  }
  response.flushHeaders();
}

function tooOldError(oldest: number, since: number): ApiError | undefined {
  return since < oldest ? expired(`too old resource version: ${since} (${oldest})`) : undefined;
}
