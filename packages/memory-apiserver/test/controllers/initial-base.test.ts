import { describe, expect, it } from 'vitest';
import { initialBase, settledObjects } from '../../src/controllers/initial-base.js';
import { ScratchCluster } from '../../src/controllers/scratch-cluster.js';
import type { KubeObject } from '../../src/object.js';
import { BASE_EPOCH_MS } from '../../src/store/identity.js';

describe('what every cluster begins with', () => {
  const cluster = new ScratchCluster({
    name: 'test',
    startMs: BASE_EPOCH_MS,
    serviceCidr: '10.43.0.0/16',
    managedFields: false,
  });

  it.each(settledObjects().map((object) => [`${object.kind} ${object.metadata.name}`, object] as const))(
    'is as it would be stored if it were created: %s',
    (_name, object) => {
      let created: KubeObject = cluster.api.create(object);
      if (object['status'] !== undefined)
        created = cluster.api.update({ ...created, status: object['status'] }, { subresource: 'status' });
      const {
        uid: _uid,
        resourceVersion: _revision,
        creationTimestamp: _time,
        ...metadata
      } = created.metadata;
      expect({ ...created, metadata }).toEqual(object);
    },
  );

  it('is made once, with aggregated roles filled or not', () => {
    expect(initialBase(true)).toBe(initialBase(true));
    expect(initialBase(false)).not.toBe(initialBase(true));
    expect(initialBase(true).count('flowschemas.flowcontrol.apiserver.k8s.io')).toBe(11);
  });
});
