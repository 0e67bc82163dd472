import type { StorageName } from '../../registry/api.js';
import type { ClusterHandle, Controller } from '../controller.js';
import { forgetWait, playStages } from './play.js';
import type { Stage, StageTarget } from './stage.js';

const separator = '|';

/** Pods' stages are played by the kubelet, together with the built-in ones. */
const isPod = ({ group, kind }: StageTarget): boolean => group === '' && kind === 'Pod';

/**
 * Plays a cluster's own Stages on objects of all kinds but pods: nodes, volumes, custom resources
 * (KWOK pkg/kwok/controllers/stage_controller.go). Costs clusters without such Stages one look a change.
 */
export const stageController = (): Controller => ({
  name: 'stage',
  watches: ['*'],
  timed: ({ catalog, stages }) => [
    ...new Set(
      (stages?.targets ?? []).flatMap((target) =>
        isPod(target)
          ? []
          : catalog
              .all()
              .filter(({ group, kind }) => group === target.group && kind === target.kind)
              .map(({ storage }) => storage),
      ),
    ),
  ],
  keysFor({ type, storage, object, cluster }) {
    const stages = stagesOf(cluster, storage);
    if (stages.length === 0) return [];
    const { namespace = '', name } = object.metadata;
    const key = [storage, namespace, name].join(separator);
    if (type !== 'DELETED') return stages.some((stage) => stage.matches(object)) ? [key] : [];
    forgetWait(cluster.api, key);
    return [];
  },
  reconcile(key, context) {
    const [storage = '', namespace = '', name = ''] = key.split(separator);
    const object = context.api.find(storage, namespace === '' ? undefined : namespace, name);
    if (object === undefined) forgetWait(context.cluster.api, key);
    else playStages(stagesOf(context.cluster, storage), object, { key, storage, context });
  },
});

function stagesOf({ stages, catalog }: ClusterHandle, storage: StorageName): readonly Stage[] {
  if (stages === undefined || stages.isEmpty) return [];
  const resource = catalog.findStorage(storage);
  return resource === undefined || isPod(resource) ? [] : stages.of(resource);
}
