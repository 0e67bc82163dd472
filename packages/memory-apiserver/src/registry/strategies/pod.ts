import type { KubeObject } from '../../object.js';
import { listAt, numberAt, recordAt, textAt } from '../../schema/read.js';
import { timestamp } from '../../store/identity.js';
import type { RegistryContext } from '../context.js';
import { qosClass } from '../pod-qos.js';
import type { Strategy } from '../strategy.js';
import { podUpdateCauses } from './pod-update.js';

const ENDED = ['Succeeded', 'Failed'];
const MIRROR = 'kubernetes.io/config.mirror';

/** Pods with gates are known not to be scheduled from the start: `applySchedulingGatedCondition`. */
function firstStatus(pod: KubeObject, { now }: RegistryContext): object {
  const isGated = listAt(pod.spec, 'schedulingGates').length > 0;
  const condition = {
    type: 'PodScheduled',
    status: 'False',
    lastProbeTime: null,
    lastTransitionTime: timestamp(now()),
    reason: 'SchedulingGated',
    message: 'Scheduling is blocked due to non-empty scheduling gates',
  };
  return {
    phase: 'Pending',
    ...(isGated ? { conditions: [condition] } : {}),
    qosClass: qosClass(pod.spec),
  };
}

export const podStrategy: Strategy = {
  initialStatus: { phase: 'Pending' },
  generation: true,
  returnsDeleted: true,
  prepareForCreate(pod, context) {
    // Without a spec the pod is refused by validation, which comes after this.
    pod.spec ??= { containers: [] };
    pod.status = firstStatus(pod, context);
  },
  validate(pod, old, subresource) {
    if (old !== undefined) return podUpdateCauses(pod, old, subresource);
    const mirrored = pod.metadata.annotations?.[MIRROR];
    if (mirrored === undefined || textAt(pod.spec, 'nodeName') !== '') return [];
    return [
      {
        field: `metadata.annotations[${MIRROR}]`,
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify(mirrored)}: must set spec.nodeName if mirror pod annotation is set`,
      },
    ];
  },
  gracePeriod(pod, asked, context) {
    const spec = recordAt(pod, 'spec');
    if (!context.controllers.kubelet || textAt(spec, 'nodeName') === '') return 0;
    if (ENDED.includes(textAt(pod, 'status', 'phase'))) return 0;
    return (
      asked ??
      ('terminationGracePeriodSeconds' in spec ? numberAt(spec, 'terminationGracePeriodSeconds') : 30)
    );
  },
};
