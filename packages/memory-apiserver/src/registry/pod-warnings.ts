import { equalJson } from '../codec/json.js';
import { listAt, recordAt, textAt } from '../schema/read.js';
import type { Attributes } from './admission/attributes.js';
import { TEMPLATES } from './admission/pod-security.js';

/** Labels of nodes that nobody should select by any more: k8s.io/kubernetes `pkg/api/node/util.go`. */
const DEPRECATED_LABELS: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region':
    'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone':
    'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type':
    'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
};

/**
 * Warns whoever creates a pod, or writes a template of pods, of what is valid and yet hardly meant: the commonest
 * of k8s.io/kubernetes `pkg/api/pod/warnings.go`. Costs nothing where nobody listens.
 */
export function warnOfPods({ resource, object, old, subresource, warn }: Attributes): void {
  if (warn === undefined || subresource !== '') return;
  const path = resource.storage === 'pods' ? [] : TEMPLATES[resource.storage];
  if (path === undefined) return;
  const pod = recordAt(object, ...path);
  // People don't usually change pods themselves.
  if (old !== undefined && (path.length === 0 || equalJson(recordAt(old, ...path), pod))) return;
  const spec = recordAt(pod, 'spec');
  const field = [...path, 'spec'].join('.');
  for (const text of [
    ...ofSelectors(spec, field),
    ...ofPullSecrets(spec, `${field}.imagePullSecrets`),
    ...ofContainers(listAt(spec, 'initContainers'), `${field}.initContainers`),
    ...ofContainers(listAt(spec, 'containers'), `${field}.containers`),
    ...ofAffinity(recordAt(spec, 'affinity'), `${field}.affinity`),
  ])
    warn(text);
}

const noSelector = (field: string): string =>
  `${field}.labelSelector: a null labelSelector results in matching no pod`;

function* ofSelectors(spec: object, field: string): Iterable<string> {
  for (const label of Object.keys(recordAt(spec, 'nodeSelector'))) {
    const why = DEPRECATED_LABELS[label];
    if (why !== undefined) yield `${field}.nodeSelector[${label}]: ${why}`;
  }
  for (const [index, constraint] of listAt(spec, 'topologySpreadConstraints').entries()) {
    const here = `${field}.topologySpreadConstraints[${index}]`;
    const key = textAt(constraint, 'topologyKey');
    const why = DEPRECATED_LABELS[key];
    if (why !== undefined) yield `${here}.topologyKey: ${key} is ${why}`;
    if (!hasSelector(constraint)) yield noSelector(here);
  }
}

const hasSelector = (of: unknown): boolean => {
  const { labelSelector } = recordAt(of);
  return labelSelector !== undefined && labelSelector !== null;
};

function* ofPullSecrets(spec: object, field: string): Iterable<string> {
  const seen = new Set<string>();
  for (const [index, secret] of listAt(spec, 'imagePullSecrets').entries()) {
    const name = textAt(secret, 'name');
    if (name === '') yield `${field}[${index}].name: invalid empty name ""`;
    else if (seen.has(name)) yield `${field}[${index}].name: duplicate name ${JSON.stringify(name)}`;
    seen.add(name);
  }
}

function* ofContainers(containers: readonly unknown[], field: string): Iterable<string> {
  for (const [index, container] of containers.entries()) {
    const seen = new Set<string>();
    for (const [place, variable] of listAt(container, 'env').entries()) {
      const name = textAt(variable, 'name');
      const isExtended =
        recordAt(variable)['valueFrom'] === undefined &&
        textAt(variable, 'value').includes(`$(${name})`) &&
        textAt(variable, 'value') !== `$(${name})`;
      if (seen.has(name) && !isExtended)
        yield `${field}[${index}].env[${place}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`;
      seen.add(name);
    }
  }
}

function* ofAffinity(affinity: object, field: string): Iterable<string> {
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    const required = 'requiredDuringSchedulingIgnoredDuringExecution';
    const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
    for (const [index, term] of listAt(affinity, kind, required).entries())
      if (!hasSelector(term)) yield noSelector(`${field}.${kind}.${required}[${index}]`);
    for (const [index, { podAffinityTerm }] of listAt(affinity, kind, preferred)
      .map((term) => recordAt(term))
      .entries())
      if (!hasSelector(podAffinityTerm))
        yield noSelector(`${field}.${kind}.${preferred}[${index}].podAffinityTerm`);
  }
}
