import { beforeEach, describe, expect, it } from 'vitest';
import { defaultHttpLimits, type HttpEnvironment } from '../../src/http/environment.js';
import { OpenWatches } from '../../src/http/open-watches.js';
import type { WatchStream } from '../../src/http/watch-stream.js';
import type { ClusterStore } from '../../src/store/cluster-store.js';

const store = { revision: 7 };
let waiting: { item: { onTimer(): void }; delayMs: number } | undefined;
let told: string[];
let watches: OpenWatches;

beforeEach(() => {
  store.revision = 7;
  waiting = undefined;
  told = [];
  const watchTimers = {
    add: (_key: string, item: { onTimer(): void }, delayMs: number) => (waiting = { item, delayMs }),
    remove: () => (waiting = undefined),
  };
  const environment = { watchTimers, limits: defaultHttpLimits } as unknown as HttpEnvironment;
  watches = new OpenWatches(store as ClusterStore, environment);
});

const open = (name: string): WatchStream => {
  const stream = { sendBookmark: () => told.push(name) } as unknown as WatchStream;
  watches.add(stream);
  return stream;
};

/** What is told when the interval is over. */
function beat(): string[] {
  const due = waiting;
  expect(due?.delayMs).toBe(defaultHttpLimits.bookmarkIntervalMs);
  waiting = undefined;
  told = [];
  due?.item.onTimer();
  return told;
}

describe('the open watches of a cluster', () => {
  it('get their bookmarks together', () => {
    open('a');
    open('b');
    expect(beat()).toEqual(['a', 'b']);
  });

  it('get every other bookmark while nothing changes, and each one when something does', () => {
    open('a');
    expect([beat(), beat(), beat(), beat()]).toEqual([['a'], [], ['a'], []]);
    store.revision = 8;
    expect(beat()).toEqual(['a']);
    store.revision = 9;
    expect([beat(), beat()]).toEqual([['a'], []]);
  });

  it('take no turns in the queue once they are closed, even by a bookmark that a client had no room for', () => {
    const a = open('a');
    watches.delete(a);
    expect(waiting).toBeUndefined();
    const b = { sendBookmark: () => watches.delete(b) } as unknown as WatchStream;
    watches.add(b);
    beat();
    expect(waiting).toBeUndefined();
    expect(watches.size).toBe(0);
  });
});
