import { ApiServer } from '@scale-cluster/memory-apiserver';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MemoryObjects } from '../../src/backend/memory-objects.js';
import type { WatchOptions } from '../../src/backend/cluster-objects.js';

const map = (name: string, labels: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', labels },
});

function setup(): MemoryObjects {
  const server = new ApiServer({ controllers: [] });
  onTestFinished(() => server.close());
  return new MemoryObjects(server.createCluster({ uid: 'u' }).api);
}

/** What a watch tells, as `TYPE name`. */
function watching(objects: MemoryObjects, options: WatchOptions): string[] {
  const told: string[] = [];
  const watch = objects.watch('configmaps', { namespace: 'default', ...options }, (type, { metadata }) =>
    told.push(`${type} ${metadata.name}`),
  );
  onTestFinished(() => watch.close());
  return told;
}

describe('the objects of a cluster in this process', () => {
  it('are told by a watch as ADDED first, then their changes', async () => {
    const objects = setup();
    await objects.create(map('a'));
    const told = watching(objects, {});
    expect(told).toEqual(['ADDED a']);
    await objects.create(map('b'));
    await objects.patch('configmaps', 'default', 'a', 'merge', { data: { k: '1' } });
    await objects.delete('configmaps', 'default', 'a');
    expect(told).toEqual(['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED a']);
  });

  it('are told from now on only, if that is asked for', async () => {
    const objects = setup();
    await objects.create(map('a'));
    const told = watching(objects, { since: 'now' });
    await objects.create(map('b'));
    expect(told).toEqual(['ADDED b']);
  });

  it('are told since a resourceVersion in the order of their changes, as far as the selector goes', async () => {
    const objects = setup();
    const { metadata } = await objects.create(map('old', { app: 'x' }));
    await objects.create(map('z', { app: 'x' }));
    await objects.create(map('other'));
    await objects.create(map('a', { app: 'x' }));
    const resourceVersion = metadata.resourceVersion ?? '';
    const told = watching(objects, { since: { resourceVersion }, labelSelector: 'app=x' });
    expect(told).toEqual(['MODIFIED z', 'MODIFIED a']);
    await objects.create(map('later', { app: 'x' }));
    expect(told.at(-1)).toBe('ADDED later');
  });

  it('are refused by a rejection, not by a throw', async () => {
    const objects = setup();
    const asked = objects.get('configmaps', 'default', 'nothing');
    await expect(asked).rejects.toMatchObject({ reason: 'NotFound' });
    expect(await objects.find('configmaps', 'default', 'nothing')).toBeUndefined();
    expect(await objects.count('nodes')).toBe(0);
  });
});
