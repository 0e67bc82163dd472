import { equalJson } from '../../codec/json.js';
import type { FieldCause } from '../../errors.js';
import type { KubeObject } from '../../object.js';
import { listAt, recordAt, textAt } from '../../schema/read.js';
import { Report } from '../../schema/validation/report.js';
import { qosClass } from '../pod-qos.js';

/** What may change in a pod: `ValidatePodUpdate` and its like in k8s.io/kubernetes `pkg/apis/core/validation`. */

interface Container {
  readonly name: string;
  readonly image?: string;
  readonly restartPolicy?: string;
  readonly resources?: Record<string, Record<string, string>>;
}

interface Toleration {
  readonly tolerationSeconds?: number;
  readonly [field: string]: unknown;
}

type PodSpec = Readonly<Record<string, unknown>>;

const UPDATABLE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

const containersIn = (spec: PodSpec, list: string): readonly Container[] =>
  listAt(spec, list) as readonly Container[];

/** Reasons to refuse a pod's new state, by the endpoint that it was sent to. */
export function podUpdateCauses(pod: KubeObject, old: KubeObject, subresource: string): FieldCause[] {
  const report = new Report();
  const [now, before] = [recordAt(pod, 'spec'), recordAt(old, 'spec')];
  if (subresource === '') checkSpec(now, before, report);
  else if (subresource === 'ephemeralcontainers') checkEphemeral(now, before, report);
  else if (subresource === 'resize') checkResize(pod, old, report);
  return report.causes;
}

function checkSpec(now: PodSpec, before: PodSpec, report: Report): void {
  for (const list of ['containers', 'initContainers']) {
    if (containersIn(now, list).length === containersIn(before, list).length) continue;
    report.forbidden(`spec.${list}`, 'pod updates may not add or remove containers');
    return;
  }
  if (!checkDeadline(now, before, report)) return;
  checkTolerations(now, before, report);
  checkGates(now, before, report);
  if (equalJson(withFreeFieldsOf(now, before), before)) return;
  report.forbidden('spec', `pod updates may not change fields other than ${UPDATABLE}`);
}

/** The new spec with the old one's values where changes are allowed. */
function withFreeFieldsOf(now: PodSpec, before: PodSpec): PodSpec {
  const spec: Record<string, unknown> = { ...now };
  const isGated = listAt(before, 'schedulingGates').length > 0;
  const free = [
    'activeDeadlineSeconds',
    'schedulingGates',
    'tolerations',
    ...(isGated ? ['nodeSelector'] : []),
  ];
  const grace = before['terminationGracePeriodSeconds'];
  if (typeof grace === 'number' && grace < 0 && now['terminationGracePeriodSeconds'] === 1)
    free.push('terminationGracePeriodSeconds');
  for (const field of free) {
    if (before[field] === undefined) delete spec[field];
    else spec[field] = before[field];
  }
  for (const list of ['containers', 'initContainers']) {
    const former = containersIn(before, list);
    if (spec[list] === undefined) continue;
    spec[list] = containersIn(now, list).map((container, index) => {
      const image = former[index]?.image;
      const { image: _, ...rest } = container;
      return image === undefined ? rest : { ...rest, image };
    });
  }
  if (isGated) spec['affinity'] = withNodeAffinityOf(now, before);
  if (spec['affinity'] === undefined) delete spec['affinity'];
  return spec;
}

/** Pods that aren't to be scheduled yet may get another node affinity. */
function withNodeAffinityOf(now: PodSpec, before: PodSpec): unknown {
  const { nodeAffinity: _, ...others } = recordAt(now, 'affinity');
  const { nodeAffinity, ...former } = recordAt(before, 'affinity');
  const merged = nodeAffinity === undefined ? others : { ...others, nodeAffinity };
  const isEmpty = Object.keys(merged).length === 0 && Object.keys(former).length === 0;
  return isEmpty ? before['affinity'] : merged;
}

function checkDeadline(now: PodSpec, before: PodSpec, report: Report): boolean {
  const field = 'activeDeadlineSeconds';
  const [next, former] = [now[field], before[field]];
  if (typeof former !== 'number') return true;
  if (next === undefined) {
    report.invalid(`spec.${field}`, null, 'must not update from a positive integer to nil value');
    return true;
  }
  if (typeof next !== 'number' || next <= former) return true;
  report.invalid(`spec.${field}`, next, 'must be less than or equal to previous value');
  return false;
}

function checkTolerations(now: PodSpec, before: PodSpec, report: Report): void {
  const timeless = ({ tolerationSeconds: _, ...rest }: Toleration): unknown => rest;
  const present = listAt(now, 'tolerations') as readonly Toleration[];
  for (const toleration of listAt(before, 'tolerations') as readonly Toleration[]) {
    if (present.some((other) => equalJson(timeless(other), timeless(toleration)))) continue;
    report.forbidden(
      'spec.tolerations',
      'existing toleration can not be modified except its tolerationSeconds',
    );
  }
}

function checkGates(now: PodSpec, before: PodSpec, report: Report): void {
  const former = listAt(before, 'schedulingGates').map((gate) => textAt(gate, 'name'));
  listAt(now, 'schedulingGates').forEach((gate, index) => {
    const name = textAt(gate, 'name');
    if (former.includes(name)) return;
    report.forbidden(
      `spec.schedulingGates[${index}].name`,
      `only deletion is allowed, but found new scheduling gate '${name}'`,
    );
  });
}

function checkEphemeral(now: PodSpec, before: PodSpec, report: Report): void {
  const field = 'spec.ephemeralContainers';
  const present = new Map(containersIn(now, 'ephemeralContainers').map((one) => [one.name, one]));
  for (const old of containersIn(before, 'ephemeralContainers')) {
    const next = present.get(old.name);
    if (next === undefined)
      report.forbidden(field, `existing ephemeral containers "${old.name}" may not be removed\n`);
    else if (!equalJson(next, old))
      report.forbidden(field, `existing ephemeral containers "${old.name}" may not be changed`);
  }
}

function checkResize(pod: KubeObject, old: KubeObject, report: Report): void {
  const [now, before] = [recordAt(pod, 'spec'), recordAt(old, 'spec')];
  const hasOwn = (spec: PodSpec): boolean =>
    ['requests', 'limits'].some((side) => Object.keys(recordAt(spec, 'resources', side)).length > 0);
  if (hasOwn(now) || hasOwn(before)) {
    report.forbidden('', 'pods with pod-level resources cannot be resized');
    return;
  }
  const qos = textAt(old, 'status', 'qosClass') || qosClass(before);
  if (qos !== qosClass(now))
    report.invalid('spec', qos, 'Pod QOS Class may not change as a result of resizing');
  for (const list of ['containers', 'initContainers']) {
    const [next, former] = [containersIn(now, list), containersIn(before, list)];
    if (
      equalJson(
        next.map(({ name }) => name),
        former.map(({ name }) => name),
      )
    )
      continue;
    report.forbidden('spec', 'only cpu and memory resources are mutable');
    return;
  }
  for (const list of ['containers', 'initContainers']) {
    containersIn(before, list).forEach((container, index) => {
      const next = containersIn(now, list)[index];
      if (next === undefined || equalJson(next, container)) return;
      if (list === 'initContainers' && container.restartPolicy !== 'Always')
        report.forbidden('spec', 'resources for non-sidecar init containers are immutable');
      else if (!equalJson(withoutCompute(next), withoutCompute(container)))
        report.forbidden('spec', 'only cpu and memory resources are mutable');
      else checkRemovals(next, container, `spec.${list}[${index}].resources`, report);
    });
  }
}

/** What is named once can be changed but not taken back. */
function checkRemovals(next: Container, old: Container, field: string, report: Report): void {
  for (const side of ['requests', 'limits']) {
    for (const name of Object.keys(old.resources?.[side] ?? {})) {
      if (next.resources?.[side]?.[name] !== undefined) continue;
      report.forbidden(`${field}.${side}`, `resource ${side} cannot be removed`);
      break;
    }
  }
}

function withoutCompute(container: Container): unknown {
  const strip = (list: Record<string, string> = {}): Record<string, string> => {
    const { cpu: _cpu, memory: _memory, ...rest } = list;
    return rest;
  };
  const { requests, limits, ...others } = container.resources ?? {};
  const resources = { ...others, requests: strip(requests), limits: strip(limits) };
  return { ...container, resources };
}
