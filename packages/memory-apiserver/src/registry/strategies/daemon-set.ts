import { equalJson } from '../../codec/json.js';
import type { KubeObject } from '../../object.js';
import type { Strategy } from '../strategy.js';
import { valueAt } from '../value-at.js';

/** How apps/v1 shows what upstream keeps as `spec.templateGeneration`: it counts the templates a set has had. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

const templateGeneration = ({ metadata }: KubeObject): number =>
  Math.max(1, Math.floor(Number(metadata.annotations?.[TEMPLATE_GENERATION])) || 1);

function setTemplateGeneration({ metadata }: KubeObject, generation: number): void {
  metadata.annotations = { ...metadata.annotations, [TEMPLATE_GENERATION]: String(generation) };
}

export const daemonSetStrategy: Strategy = {
  initialStatus: {
    currentNumberScheduled: 0,
    desiredNumberScheduled: 0,
    numberMisscheduled: 0,
    numberReady: 0,
  },
  generation: true,
  immutable: ['spec.selector'],
  // Converting it to the internal version and back shows the count, which makes it the writer's.
  complete(set) {
    if (set.metadata.annotations?.[TEMPLATE_GENERATION] === undefined) setTemplateGeneration(set, 0);
  },
  prepareForCreate: (set) => setTemplateGeneration(set, templateGeneration(set)),
  prepareForUpdate(set, old) {
    const isSame = equalJson(valueAt(old, 'spec.template'), valueAt(set, 'spec.template'));
    setTemplateGeneration(set, templateGeneration(old) + (isSame ? 0 : 1));
  },
};
