import type { ObjectBody } from '../../store/change.js';
import type { Attributes } from './attributes.js';
import { objectsOf, refuse } from './attributes.js';

const CLASSES = 'priorityclasses.scheduling.k8s.io';

type PriorityClass = ObjectBody & { value?: number; preemptionPolicy?: string; globalDefault?: boolean };

interface PrioritizedSpec {
  priority?: number;
  priorityClassName?: string;
  preemptionPolicy?: string;
}

/** Classes that every cluster has, should its base lack their objects. */
const BUILT_IN: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

/**
 * The Priority admission: gives pods the number that their class, or the default one, stands for, and lets only one
 * class be the default (k8s.io/kubernetes `plugin/pkg/admission/priority`).
 */
export function setPriority(attributes: Attributes): void {
  const { resource, object, old } = attributes;
  if (resource.storage === CLASSES) checkOnlyDefault(attributes);
  if (resource.storage !== 'pods') return;
  const spec = (object.spec ??= { containers: [] }) as PrioritizedSpec;
  if (old !== undefined) {
    const before = (old.spec ?? {}) as PrioritizedSpec;
    if (before.priority !== undefined) spec.priority ??= before.priority;
    if (before.preemptionPolicy !== undefined) spec.preemptionPolicy ??= before.preemptionPolicy;
    return;
  }
  const { name, value, policy } = classOf(spec, attributes);
  if (name !== '') spec.priorityClassName = name;
  if (spec.priority !== undefined && spec.priority !== value) {
    const why = `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`;
    refuse(attributes, why);
  }
  spec.priority = value;
  if (policy === undefined) return;
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    const why = `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`;
    refuse(attributes, why);
  }
  spec.preemptionPolicy = policy;
}

interface Found {
  name: string;
  value: number;
  policy: string | undefined;
}

function classOf({ priorityClassName: asked }: PrioritizedSpec, attributes: Attributes): Found {
  const { context } = attributes;
  if (!asked) {
    const found = defaultClass(attributes);
    if (found === undefined) return { name: '', value: 0, policy: 'PreemptLowerPriority' };
    return { name: found.metadata.name, value: found.value ?? 0, policy: found.preemptionPolicy };
  }
  const text = context.store.read(CLASSES, `/${asked}`);
  if (text !== undefined) {
    const { value = 0, preemptionPolicy } = JSON.parse(text) as PriorityClass;
    return { name: asked, value, policy: preemptionPolicy };
  }
  const value = BUILT_IN[asked];
  if (value === undefined) refuse(attributes, `no PriorityClass with name ${asked} was found`);
  return { name: asked, value, policy: 'PreemptLowerPriority' };
}

/** Of several, which races can make, the one of the lowest priority. */
function defaultClass({ context }: Attributes): PriorityClass | undefined {
  const classes = (objectsOf(context, CLASSES) as PriorityClass[]).filter(
    ({ globalDefault }) => globalDefault,
  );
  return classes.sort((a, b) => (a.value ?? 0) - (b.value ?? 0))[0];
}

function checkOnlyDefault(attributes: Attributes): void {
  if (attributes.object['globalDefault'] !== true) return;
  const other = defaultClass(attributes);
  if (other === undefined || other.metadata.name === attributes.object.metadata.name) return;
  const why = `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`;
  refuse(attributes, why);
}
