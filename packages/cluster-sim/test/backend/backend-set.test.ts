import { describe, expect, it, vi } from 'vitest';
import { BackendSet, type ClusterRequest } from '../../src/backend/backend-set.js';
import type { BackendKind } from '../../src/backend/backend-kinds.js';
import type { Backend, BackendCluster, ProvisionRequest } from '../../src/backend/backend.js';
import { FleetClosedError } from '../../src/errors.js';
import { silentLogger } from '../../src/logger.js';

const request = (uid: string, backend: BackendKind): ClusterRequest => ({
  name: uid,
  uid,
  createdAt: 0,
  tokens: {},
  backend,
});

const clusterOf = ({ uid }: ProvisionRequest): BackendCluster => ({ uid }) as BackendCluster;

/** A backend that does as it is told and remembers what it was asked. */
class StagedBackend implements Backend {
  readonly adopted: string[] = [];
  readonly removed: string[] = [];
  closed = false;
  /** What adopt waits for. */
  gate: Promise<void> = Promise.resolve();

  constructor(readonly kind: BackendKind) {}

  status() {
    return { phase: 'ready' as const, message: 'up', since: 7 };
  }

  async adopt(
    requests: readonly ProvisionRequest[],
    onAdopted: (cluster: BackendCluster) => void,
  ): Promise<void> {
    this.adopted.push(...requests.map(({ uid }) => uid));
    await this.gate;
    for (const one of requests) onAdopted(clusterOf(one));
  }

  async provision(one: ProvisionRequest): Promise<BackendCluster> {
    return clusterOf(one);
  }

  async remove(uid: string): Promise<void> {
    this.removed.push(uid);
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

function setup() {
  const backends = {
    memory: new StagedBackend('memory'),
    'kwok-shared': new StagedBackend('kwok-shared'),
    'kwok-dedicated': new StagedBackend('kwok-dedicated'),
  };
  const created: BackendKind[] = [];
  const making = (kind: keyof typeof backends) => () => {
    created.push(kind);
    return backends[kind];
  };
  const create = {
    memory: making('memory'),
    'kwok-shared': making('kwok-shared'),
    'kwok-dedicated': making('kwok-dedicated'),
  };
  const set = new BackendSet({ create, now: () => 5, logger: silentLogger });
  return { set, backends, created, create };
}

describe('the backends of a fleet', () => {
  it('are made when the first cluster needs them, and not before', async () => {
    const { set, created } = setup();
    set.adopt([request('a', 'memory')], () => undefined);
    expect(created).toEqual(['memory']);
    expect(set.statuses()).toEqual({
      memory: { phase: 'ready', message: 'up', since: 7 },
      'kwok-shared': { phase: 'idle', message: '', since: 5 },
      'kwok-dedicated': { phase: 'idle', message: '', since: 5 },
    });
    await set.provision(request('b', 'kwok-shared'));
    await set.provision(request('c', 'kwok-shared'));
    expect(created).toEqual(['memory', 'kwok-shared']);
  });

  it('give each its own clusters back, and nobody waits for another backend', async () => {
    const { set, backends } = setup();
    backends['kwok-shared'].gate = new Promise(() => undefined);
    const seen = vi.fn();
    set.adopt([request('a', 'memory'), request('b', 'kwok-shared'), request('c', 'memory')], seen);
    await set.adopted('memory');
    expect(backends.memory.adopted).toEqual(['a', 'c']);
    expect(backends['kwok-shared'].adopted).toEqual(['b']);
    expect(seen.mock.calls).toEqual([[{ uid: 'a' }], [{ uid: 'c' }]]);
    expect(await set.provision(request('d', 'memory'))).toEqual({ uid: 'd' });
  });

  it('provision only after what existed has been brought back, also when the wish comes first', async () => {
    const { set, backends } = setup();
    let open = (): void => undefined;
    backends.memory.gate = new Promise((resolve) => (open = resolve));
    const order: string[] = [];
    const provisioned = set.provision(request('new', 'memory')).then(({ uid }) => order.push(uid));
    set.adopt([request('old', 'memory')], ({ uid }) => order.push(uid));
    open();
    await provisioned;
    expect(order).toEqual(['old', 'new']);
  });

  it('go on when bringing back fails: those clusters are made anew', async () => {
    const { set, backends } = setup();
    backends.memory.gate = Promise.reject(new Error('unreadable'));
    set.adopt([request('a', 'memory')], () => expect.fail('not adopted'));
    await set.adopted('memory');
    expect(await set.provision(request('a', 'memory'))).toEqual({ uid: 'a' });
  });

  it('are not started for the removal of a cluster that they never had', async () => {
    const { set, backends, created } = setup();
    set.adopt([request('a', 'memory')], () => undefined);
    await set.remove(request('b', 'kwok-shared'));
    await set.remove(request('a', 'memory'));
    expect(created).toEqual(['memory']);
    expect(backends.memory.removed).toEqual(['a']);
  });

  it('are started without clusters only to remove what a crashed run left', async () => {
    const { backends, created, create } = setup();
    const set = new BackendSet({
      create,
      hasLeftovers: {
        memory: () => expect.fail('has clusters'),
        'kwok-shared': () => Promise.resolve(false),
        'kwok-dedicated': () => Promise.resolve(true),
      },
      now: () => 5,
      logger: silentLogger,
    });
    set.adopt([request('a', 'memory')], () => undefined);
    await vi.waitFor(() => expect(created).toContain('kwok-dedicated'));
    expect(created).toEqual(['memory', 'kwok-dedicated']);
    expect(backends['kwok-dedicated'].adopted).toEqual([]);
    await set.provision(request('b', 'kwok-dedicated'));
    expect(created).toEqual(['memory', 'kwok-dedicated']);
  });

  it('refuse everything once they are closed; those that never ran have nothing to close', async () => {
    const { set, backends } = setup();
    set.adopt([request('a', 'memory')], () => undefined);
    await set.close();
    expect([backends.memory.closed, backends['kwok-shared'].closed]).toEqual([true, false]);
    await expect(set.provision(request('b', 'memory'))).rejects.toThrow(FleetClosedError);
  });
});
