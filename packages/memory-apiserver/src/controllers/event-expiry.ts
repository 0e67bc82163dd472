import { isApiError } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { Controller } from './controller.js';
import { parseTime } from './time.js';

export interface EventExpiryOptions {
  /** How long Events stay. @default 3600000, as kube-apiserver's `--event-ttl` */
  ttlMs?: number;
  /** How many a cluster holds at most; beyond it the oldest go first. @default 500 */
  most?: number;
}

const all = 'events';

/** Keeps Events few: kube-apiserver lets etcd's leases expire them, here one delayed key per cluster does. */
export function eventExpiryController({
  ttlMs = 3_600_000,
  most = 500,
}: EventExpiryOptions = {}): Controller {
  return {
    name: 'event-expiry',
    watches: ['events'],
    keysFor({ type, api, waiting }) {
      if (type === 'DELETED') return [];
      return waiting().length === 0 || (type === 'ADDED' && api.count('events') > most) ? [all] : [];
    },
    reconcile(key, { api, now, requeue }) {
      const byAge = api.list('events').sort((a, b) => seenAt(a) - seenAt(b));
      // A quarter at once, so that a full cluster doesn't sort its Events for each new one.
      const surplus = byAge.length > most ? byAge.length - Math.floor((most * 3) / 4) : 0;
      const oldest = byAge.filter((event, i) => i < surplus || seenAt(event) + ttlMs <= now());
      for (const { metadata } of oldest) {
        try {
          api.delete('events', metadata.namespace, metadata.name);
        } catch (error) {
          if (!isApiError(error, 'NotFound')) throw error;
        }
      }
      const next = byAge[oldest.length];
      if (next !== undefined) requeue(key, seenAt(next) + ttlMs - now());
    },
  };
}

const seenAt = (event: KubeObject): number =>
  parseTime(event['lastTimestamp'] as string | null | undefined) ??
  parseTime(event['eventTime'] as string | null | undefined) ??
  parseTime(event.metadata.creationTimestamp) ??
  0;
