import { describe, expect, it, vi } from 'vitest';
import type { ManagementCluster } from '../../src/model/cluster.js';
import { Registry } from '../../src/model/registry.js';

function create(
  registry: Registry,
  name: string,
  via: 'management' | 'provisioning' = 'management',
): ManagementCluster {
  const cluster = registry.create({ name, via, workspace: 'fleet-default' });
  if (!cluster) throw new Error('name taken');
  cluster.published = true;
  return cluster;
}

describe('Registry', () => {
  it('gives ids in the forms of Rancher', () => {
    const registry = new Registry();
    expect(create(registry, 'a').id).toMatch(/^c-[a-z0-9]{5}$/);
    expect(create(registry, 'b', 'provisioning').id).toMatch(/^c-m-[a-z0-9]{8}$/);
  });

  it('refuses a name that differs only in case, until its cluster is being removed', () => {
    const registry = new Registry();
    const first = create(registry, 'One');
    expect(registry.create({ name: 'oNE', via: 'management', workspace: 'w' })).toBeUndefined();
    registry.beginRemoval(first);
    expect(registry.create({ name: 'oNE', via: 'management', workspace: 'w' })).toBeDefined();
  });

  it('shows no cluster that is not published', () => {
    const registry = new Registry();
    const cluster = registry.create({ name: 'a', via: 'provisioning', workspace: 'w' });
    expect(registry.get(cluster?.id ?? '')).toBeUndefined();
    expect(registry.list()).toEqual([]);
    expect(registry.findProvisioning('w', 'a')).toBe(cluster);
  });

  it('keeps an old token working for its grace time, and no longer', () => {
    vi.useFakeTimers();
    try {
      const registry = new Registry();
      const cluster = create(registry, 'a');
      const old = registry.addToken(cluster, 'default-token').value;
      const fresh = registry.addToken(cluster, 'default-token', 1000).value;
      vi.advanceTimersByTime(999);
      expect(registry.clusterByToken(old)).toBe(cluster);
      vi.advanceTimersByTime(2);
      expect(registry.clusterByToken(old)).toBeUndefined();
      expect(registry.clusterByToken(fresh)).toBe(cluster);
      expect(cluster.currentToken('default-token')?.value).toBe(fresh);
    } finally {
      vi.useRealTimers();
    }
  });

  it('knows nothing of a cluster that is gone, its tokens included', () => {
    const registry = new Registry();
    const cluster = create(registry, 'a');
    const token = registry.addToken(cluster, 'default-token').value;
    const removed = vi.fn();
    registry.on('remove', removed);
    registry.forget(cluster);
    expect(registry.get(cluster.id)).toBeUndefined();
    expect(registry.clusterByToken(token)).toBeUndefined();
    expect(removed).toHaveBeenCalledExactlyOnceWith(cluster);
  });
});
