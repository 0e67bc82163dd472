import { at, listAt, numberAt, recordAt, textAt } from '../read.js';
import { validateContainer, type ContainerScope } from './containers.js';
import { validateLabels } from './metadata.js';
import { dns1123Label, dns1123Subdomain, ipAddress } from './names.js';
import type { Report } from './report.js';

/** A pod's spec, also in templates: k8s.io/kubernetes `pkg/apis/core/validation` `ValidatePodSpec`. */
export function validatePodSpec(spec: unknown, field: string, report: Report): void {
  const scope: ContainerScope = {
    names: new Set(),
    volumes: validateVolumes(spec, `${field}.volumes`, report),
  };
  if (listAt(spec, 'containers').length === 0) report.required(`${field}.containers`);
  for (const list of ['containers', 'initContainers'])
    listAt(spec, list).forEach((container, index) =>
      validateContainer(container, `${field}.${list}[${index}]`, scope, report),
    );
  if (listAt(spec, 'containers').length > 0)
    report.oneOf(`${field}.restartPolicy`, at(spec, 'restartPolicy'), ['Always', 'OnFailure', 'Never']);
  report.oneOf(`${field}.dnsPolicy`, at(spec, 'dnsPolicy'), [
    'ClusterFirstWithHostNet',
    'ClusterFirst',
    'Default',
    'None',
  ]);
  validateLabels(at(spec, 'nodeSelector'), `${field}.nodeSelector`, report);
  validateAffinity(spec, field, report);
  validateNamesOf(spec, field, report);
  validateTolerations(spec, `${field}.tolerations`, report);
  validateSpread(spec, `${field}.topologySpreadConstraints`, report);
  listAt(spec, 'hostAliases').forEach((alias, index) => {
    report.malformed(
      `${field}.hostAliases[${index}].ip`,
      textAt(alias, 'ip'),
      ipAddress(textAt(alias, 'ip')),
    );
  });
  const deadline = at(spec, 'activeDeadlineSeconds');
  if (typeof deadline === 'number' && (deadline < 1 || deadline > 2_147_483_647))
    report.invalid(`${field}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive');
}

function validateNamesOf(spec: unknown, field: string, report: Report): void {
  const formats = {
    serviceAccountName: dns1123Subdomain,
    nodeName: dns1123Subdomain,
    hostname: dns1123Label,
    subdomain: dns1123Label,
    priorityClassName: dns1123Subdomain,
  };
  for (const [name, format] of Object.entries(formats)) {
    const value = textAt(spec, name);
    if (value !== '') report.malformed(`${field}.${name}`, value, format(value));
  }
}

/** What must be said of some kinds of volumes. */
const requiredInVolumes: Record<string, string> = {
  hostPath: 'path',
  secret: 'secretName',
  configMap: 'name',
  persistentVolumeClaim: 'claimName',
};

function validateVolumes(spec: unknown, field: string, report: Report): ReadonlySet<string> {
  const names = new Set<string>();
  listAt(spec, 'volumes').forEach((volume, index) => {
    const path = `${field}[${index}]`;
    const { name: _, ...sources } = recordAt(volume);
    const [kind = '', ...others] = Object.keys(sources).sort();
    const more = others.map((other) => `${path}.${other}`);
    for (const other of more) report.forbidden(other, 'may not specify more than 1 volume type');
    const needed = requiredInVolumes[kind];
    if (needed !== undefined && textAt(sources, kind, needed) === '')
      report.required(`${path}.${kind}.${needed}`);
    const name = textAt(volume, 'name');
    if (name === '') report.required(`${path}.name`);
    else report.malformed(`${path}.name`, name, dns1123Label(name));
    if (names.has(name)) report.duplicate(`${path}.name`, name);
    names.add(name);
  });
  return names;
}

function validateTolerations(spec: unknown, field: string, report: Report): void {
  listAt(spec, 'tolerations').forEach((toleration, index) => {
    const path = `${field}[${index}]`;
    const [key, operator, effect] = [
      textAt(toleration, 'key'),
      textAt(toleration, 'operator'),
      textAt(toleration, 'effect'),
    ];
    if (key === '' && operator !== 'Exists')
      report.invalid(
        `${path}.operator`,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      );
    if (at(toleration, 'tolerationSeconds') !== undefined && effect !== 'NoExecute')
      report.invalid(`${path}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
    if (operator === 'Exists' && textAt(toleration, 'value') !== '')
      report.invalid(
        `${path}.operator`,
        textAt(toleration, 'value'),
        "value must be empty when `operator` is 'Exists'",
      );
    if (operator !== '' && operator !== 'Equal' && operator !== 'Exists')
      report.unsupported(`${path}.operator`, operator, ['Equal', 'Exists']);
    const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
    if (effect !== '' && !effects.includes(effect)) report.unsupported(`${path}.effect`, effect, effects);
  });
}

function validateSpread(spec: unknown, field: string, report: Report): void {
  listAt(spec, 'topologySpreadConstraints').forEach((constraint, index) => {
    const path = `${field}[${index}]`;
    const skew = numberAt(constraint, 'maxSkew');
    if (skew <= 0) report.invalid(`${path}.maxSkew`, skew, 'must be greater than zero');
    if (textAt(constraint, 'topologyKey') === '') report.required(`${path}.topologyKey`, 'can not be empty');
    report.oneOf(`${path}.whenUnsatisfiable`, at(constraint, 'whenUnsatisfiable'), [
      'DoNotSchedule',
      'ScheduleAnyway',
    ]);
  });
}

function validateAffinity(spec: unknown, field: string, report: Report): void {
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const selector = at(spec, 'affinity', 'nodeAffinity', required);
  if (selector !== undefined && listAt(selector, 'nodeSelectorTerms').length === 0)
    report.required(
      `${field}.affinity.nodeAffinity.${required}.nodeSelectorTerms`,
      'must have at least one node selector term',
    );
}
