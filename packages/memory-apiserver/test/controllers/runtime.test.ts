import { describe, expect, it, vi } from 'vitest';
import type { ClusterHandle, Controller } from '../../src/controllers/controller.js';
import { keyOf } from '../../src/controllers/keys.js';
import { ControllerRuntime, type ControllerRuntimeOptions } from '../../src/controllers/runtime.js';
import { alreadyExists, conflict, forbidden, notFound } from '../../src/errors.js';
import type { KubeObject } from '../../src/object.js';
import type { ClusterApi } from '../../src/registry/api.js';
import { builtinCatalog } from '../../src/schema/catalog.js';

const reads = { count: () => 0, list: () => [], find: () => undefined };
const handle = (uid: string, api: Partial<ClusterApi> = {}): ClusterHandle => ({
  uid,
  api: { shared: { ...reads, ...api }, ...reads, ...api } as ClusterApi,
  catalog: builtinCatalog(),
});
const config = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'demo' },
});

/** A controller of config maps that does what it is told to. */
const controllerOf = (reconcile: Controller['reconcile'], more: Partial<Controller> = {}): Controller => ({
  name: 'test',
  watches: ['configmaps'],
  keysFor: ({ object }) => [keyOf(object)],
  reconcile,
  ...more,
});

function runtimeOf(controller: Controller, options: ControllerRuntimeOptions = {}): ControllerRuntime {
  const runtime = new ControllerRuntime({ controllers: [controller], random: () => 0.5, ...options });
  for (const uid of ['a', 'b']) runtime.addCluster(handle(uid));
  return runtime;
}

describe('controller runtime', () => {
  it('reconciles a key once, however often it changed before', async () => {
    const seen: string[] = [];
    const runtime = runtimeOf(controllerOf((key) => void seen.push(key)));
    for (let i = 0; i < 3; i++) runtime.onChange('a', 'MODIFIED', 'configmaps', config('x'));
    runtime.onChange('a', 'MODIFIED', 'secrets', config('y'));
    runtime.onChange('unknown', 'MODIFIED', 'configmaps', config('x'));
    expect(seen).toEqual([]);
    await runtime.idle();
    expect(seen).toEqual(['demo/x']);
    runtime.close();
  });

  it('lets a cluster with little work not wait for one with much', () => {
    const seen: string[] = [];
    const runtime = runtimeOf(controllerOf((_key, { cluster }) => void seen.push(cluster.uid)));
    for (let i = 0; i < 1000; i++) runtime.onChange('a', 'ADDED', 'configmaps', config(`x${i}`));
    runtime.onChange('b', 'ADDED', 'configmaps', config('x'));
    runtime.drain();
    expect(seen).toHaveLength(1001);
    expect(seen.indexOf('b')).toBeLessThan(20);
    runtime.close();
  });

  it('gives the process back after a slice of work', async () => {
    let done = 0;
    const busy = controllerOf(() => {
      const end = performance.now() + 1;
      while (performance.now() < end) done += 0;
      done += 1;
    });
    const runtime = runtimeOf(busy, { sliceMs: 2 });
    for (let i = 0; i < 50; i++) runtime.onChange('a', 'ADDED', 'configmaps', config(`x${i}`));
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toBeLessThan(50);
    await runtime.idle();
    expect(done).toBe(50);
    runtime.close();
  });

  it('tries again with growing delays after a failure, and warns only of what the API did not refuse', () => {
    vi.useFakeTimers();
    try {
      const times: number[] = [];
      const [warn, debug] = [vi.fn(), vi.fn()];
      const controller = controllerOf((key) => {
        times.push(Date.now());
        if (times.length === 1) throw conflict({ group: '', plural: 'configmaps' }, 'x', 'changed');
        if (times.length < 5) throw new Error(`no ${key}`);
      });
      const runtime = runtimeOf(controller, { logger: { warn, debug } });
      runtime.onChange('a', 'ADDED', 'configmaps', config('x'));
      vi.advanceTimersByTime(60_000);
      const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
      // Half of the ceiling and half of a half by chance; a turn of the event loop adds a millisecond.
      expect(gaps.map((gap) => gap - (gap % 5))).toEqual([75, 150, 300, 600]);
      expect(warn).toHaveBeenCalledTimes(3);
      expect(debug).toHaveBeenCalledTimes(1);
      expect(runtime.metrics()).toEqual({ reconciles: 5, failures: 4, queued: 0, delayed: 0 });
      runtime.close();
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([
    ['a conflict', conflict({ group: '', plural: 'pods' }, 'x', 'the object has been modified')],
    ['a quota', forbidden({ group: '', plural: 'pods' }, 'x', 'exceeded quota: q')],
    ['a race to create', alreadyExists({ group: '', plural: 'pods' }, 'x')],
    ['an object that is gone', notFound({ group: '', plural: 'pods' }, 'x')],
  ])('mentions %s at debug, without a stack', (_what, refusal) => {
    const [warn, debug] = [vi.fn(), vi.fn()];
    const controller = controllerOf(() => {
      throw refusal;
    });
    const runtime = runtimeOf(controller, { logger: { warn, debug } });
    runtime.onChange('a', 'ADDED', 'configmaps', config('x'));
    runtime.drain();
    expect(warn).not.toHaveBeenCalled();
    expect(debug).toHaveBeenCalledExactlyOnceWith(
      {
        controller: 'test',
        key: 'demo/x',
        cluster: 'a',
        attempt: 1,
        retryInMs: 75,
        reason: refusal.reason,
        refusal: refusal.message,
      },
      'reconcile refused',
    );
    runtime.close();
  });

  it('does not let a controller that fails after writing call itself at once for ever', () => {
    vi.useFakeTimers();
    try {
      let calls = 0;
      const runtime: ControllerRuntime = runtimeOf(
        controllerOf(() => {
          calls += 1;
          runtime.onChange('a', 'MODIFIED', 'configmaps', config('x'));
          throw new Error('always');
        }),
      );
      runtime.onChange('a', 'ADDED', 'configmaps', config('x'));
      vi.advanceTimersByTime(10_000);
      expect(calls).toBeLessThan(30);
      runtime.close();
    } finally {
      vi.useRealTimers();
    }
  });

  it('forgets what waits for a cluster that is removed', () => {
    vi.useFakeTimers();
    try {
      let calls = 0;
      const runtime = runtimeOf(
        controllerOf((key, { requeue }) => {
          calls += 1;
          requeue(key, 1000);
        }),
      );
      runtime.onChange('a', 'ADDED', 'configmaps', config('x'));
      runtime.drain();
      runtime.onChange('a', 'ADDED', 'configmaps', config('y'));
      expect(runtime.metrics()).toMatchObject({ queued: 1, delayed: 1 });
      runtime.removeCluster('a');
      expect(runtime.metrics()).toMatchObject({ queued: 0, delayed: 0 });
      vi.advanceTimersByTime(10_000);
      expect(calls).toBe(1);
      runtime.close();
    } finally {
      vi.useRealTimers();
    }
  });

  it('looks at timed storages, and no others, when a cluster is added', () => {
    const seen: string[] = [];
    const listed: string[] = [];
    const runtime = new ControllerRuntime({
      controllers: [controllerOf((key) => void seen.push(key), { timed: ['configmaps'] })],
    });
    const list = (storage: string): KubeObject[] => {
      listed.push(storage);
      return [config('x')];
    };
    runtime.addCluster(handle('c', { count: () => 1, list }));
    runtime.drain();
    expect({ seen, listed }).toEqual({ seen: ['demo/x'], listed: ['configmaps'] });
    runtime.close();
  });
});
