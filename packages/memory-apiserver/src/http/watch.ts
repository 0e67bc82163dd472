import { randomUUID } from 'node:crypto';
import { PROTOBUF } from '../codec/encoding.js';
import type { ApiError, FieldCause } from '../errors.js';
import { expired, invalid } from '../errors.js';
import type { RegistryContext } from '../registry/context.js';
import { listObjects, parseRevision, tooLarge } from '../registry/list.js';
import type { Selection } from '../registry/selection.js';
import type { ResourceInfo } from '../schema/resource.js';
import type { ClusterStore } from '../store/cluster-store.js';
import type { HttpEnvironment } from './environment.js';
import type { Exchange } from './exchange.js';
import type { OpenWatches } from './open-watches.js';
import type { Renderer } from './render.js';
import { integerOf, isTrue } from './resource-request.js';
import { eventFrame, WatchStream } from './watch-stream.js';

interface WatchOptions {
  resourceVersion: string;
  sendInitialEvents: boolean | undefined;
  bookmarks: boolean;
  timeoutMs: number;
}

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
  integerOf(query, 'limit');
  const seconds = integerOf(query, 'timeoutSeconds') ?? 0;
  const { minWatchMs } = environment.limits;
  const initial = query.get('sendInitialEvents');
  return {
    resourceVersion: query.get('resourceVersion') ?? '',
    sendInitialEvents: initial === null ? undefined : isTrue(initial),
    bookmarks: isTrue(query.get('allowWatchBookmarks')),
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
  streams: OpenWatches,
): void {
  const options = optionsOf(exchange.query, environment);
  const { store } = context;
  const fresh = options.resourceVersion === '' || options.resourceVersion === '0';
  const since = fresh ? 0 : parseRevision(options.resourceVersion);
  const initial = options.sendInitialEvents ?? fresh;
  const { response } = exchange;
  const { encoding } = exchange.accepted;
  response.writeHead(200, {
    'Audit-Id': randomUUID(),
    'Content-Type': encoding === 'protobuf' ? `${PROTOBUF};stream=watch` : 'application/json',
    'Cache-Control': 'no-cache, private',
  });
  const wrong = outOfRange(store, since, initial, fresh, options.resourceVersion);
  if (wrong !== undefined) {
    response.end(eventFrame(encoding, 'ERROR', JSON.stringify(wrong.status)));
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
    stream.begin(texts, options.sendInitialEvents === true && options.bookmarks ? revision : undefined);
  } else if (!fresh) {
    for (const change of store.changesSince(resource.storage, since) ?? []) stream.onChange(change);
    stream.ignoreUntil(since);
  }
  response.flushHeaders();
}

/** What a watch from the version is told instead of events: that version is too old, or was never given out. */
function outOfRange(
  store: ClusterStore,
  since: number,
  initial: boolean,
  fresh: boolean,
  asked: string,
): ApiError | undefined {
  if (initial) return since > store.revision ? tooLarge(asked, store.revision) : undefined;
  if (fresh || since >= store.oldestRevision) return undefined;
  return expired(`too old resource version: ${since} (${store.oldestRevision})`);
}
