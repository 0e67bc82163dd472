import { invalid } from '../../errors.js';
import type { KubeObject } from '../../object.js';
import { listAt, recordAt } from '../../schema/read.js';
import { isStricter, policyOf, showLevel, showViolations, violations } from '../pod-security/policy.js';
import type { PodLike } from '../pod-security/pod-view.js';
import type { Attributes } from './attributes.js';
import { objectsOf, refuse } from './attributes.js';

/** Where workloads have their pods' template. */
export const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  podtemplates: ['template'],
  replicationcontrollers: ['spec', 'template'],
  'replicasets.apps': ['spec', 'template'],
  'deployments.apps': ['spec', 'template'],
  'statefulsets.apps': ['spec', 'template'],
  'daemonsets.apps': ['spec', 'template'],
  'jobs.batch': ['spec', 'template'],
  'cronjobs.batch': ['spec', 'jobTemplate', 'spec', 'template'],
};

/** A new level of a namespace is held against so many of its pods. */
const MOST_PODS = 3000;

/**
 * The PodSecurity admission: what a namespace's labels say of its pods. Pods are refused or warned of, workloads only
 * warned of. Upstream: k8s.io/pod-security-admission `admission`.
 */
export function checkPodSecurity(attributes: Attributes): void {
  const { resource, object, subresource } = attributes;
  if (resource.storage === 'namespaces') {
    if (subresource === '') checkLabels(attributes);
    return;
  }
  const path = TEMPLATES[resource.storage];
  const isPod = resource.storage === 'pods';
  if (isPod ? !isSecurityRelevant(attributes) : path === undefined || subresource !== '') return;
  const text = attributes.context.store.read('namespaces', `/${object.metadata.namespace ?? ''}`) ?? '';
  // Hardly any namespace has a policy.
  if (!text.includes('pod-security.kubernetes.io/')) return;
  const { policy } = policyOf((JSON.parse(text) as KubeObject).metadata.labels);
  const pod: PodLike = isPod ? object : recordAt(object, ...(path ?? []));
  if (isPod) {
    const found = violations(policy.enforce, pod);
    if (found.length > 0)
      refuse(attributes, `violates PodSecurity "${showLevel(policy.enforce)}": ${showViolations(found)}`);
  }
  const found = violations(policy.warn, pod);
  if (found.length > 0)
    attributes.warn?.(`would violate PodSecurity "${showLevel(policy.warn)}": ${showViolations(found)}`);
}

/** Updates matter only if they bring another image or container. */
function isSecurityRelevant({ object, old, subresource }: Attributes): boolean {
  if (subresource !== '' && subresource !== 'ephemeralcontainers' && subresource !== 'resize') return false;
  if (old === undefined) return true;
  const images = (pod: KubeObject): string =>
    JSON.stringify(
      ['containers', 'initContainers', 'ephemeralContainers'].map((list) =>
        listAt(pod.spec, list).map((container) => recordAt(container)['image']),
      ),
    );
  return images(object) !== images(old);
}

function checkLabels(attributes: Attributes): void {
  const { context, resource, object, old } = attributes;
  const { policy, causes } = policyOf(object.metadata.labels);
  const former = old === undefined ? undefined : policyOf(old.metadata.labels);
  if (causes.length > 0 && JSON.stringify(causes) !== JSON.stringify(former?.causes))
    throw invalid(resource, object.metadata.name, causes);
  if (former === undefined) return;
  const [now, before] = [policy.enforce, former.policy.enforce];
  if (now.level === 'privileged' || showLevel(now) === showLevel(before)) return;
  if (now.version === before.version && !isStricter(now, before)) return;
  const pods = objectsOf(context, 'pods', object.metadata.name).slice(0, MOST_PODS);
  const byReason = new Map<string, string[]>();
  for (const pod of pods) {
    const reason = violations(now, pod)
      .map(([text]) => text)
      .join(', ');
    if (reason !== '') byReason.set(reason, [...(byReason.get(reason) ?? []), pod.metadata.name]);
  }
  if (byReason.size === 0) return;
  const { name } = object.metadata;
  attributes.warn?.(
    `existing pods in namespace "${name}" violate the new PodSecurity enforce level "${showLevel(now)}"`,
  );
  const lines = [...byReason].map(([reason, names]) => {
    const others = names.length - 1;
    const more = others === 0 ? '' : ` (and ${others} other pod${others === 1 ? '' : 's'})`;
    return `${names.sort()[0]}${more}: ${reason}`;
  });
  for (const line of lines.sort()) attributes.warn?.(line);
}
