import type { KubeObject } from '../../object.js';
import { at, listAt, numberAt, recordAt, textAt } from '../read.js';
import { validateSelector } from './metadata.js';
import { cidr, dns1035Label, dns1123Label, dns1123Subdomain, portOrName } from './names.js';
import type { Report } from './report.js';
import type { Rule } from './workloads.js';

const rbacGroup = 'rbac.authorization.k8s.io';

const role =
  (namespaced: boolean): Rule =>
  (object, report) => {
    listAt(object, 'rules').forEach((rule, index) => {
      const field = `rules[${index}]`;
      const urls = listAt(rule, 'nonResourceURLs');
      const [groups, resources] = [listAt(rule, 'apiGroups'), listAt(rule, 'resources')];
      if (listAt(rule, 'verbs').length === 0)
        report.required(`${field}.verbs`, 'verbs must contain at least one value');
      if (urls.length > 0) {
        if (namespaced)
          report.invalid(
            `${field}.nonResourceURLs`,
            urls,
            'namespaced rules cannot apply to non-resource URLs',
          );
        if (groups.length + resources.length + listAt(rule, 'resourceNames').length > 0)
          report.invalid(
            `${field}.nonResourceURLs`,
            urls,
            'rules cannot apply to both regular resources and non-resource URLs',
          );
        return;
      }
      if (groups.length === 0)
        report.required(`${field}.apiGroups`, 'resource rules must supply at least one api group');
      if (resources.length === 0)
        report.required(`${field}.resources`, 'resource rules must supply at least one resource');
    });
  };

const subjectGroups: Record<string, string> = { ServiceAccount: '', User: rbacGroup, Group: rbacGroup };

const binding =
  (roleKinds: readonly string[]): Rule =>
  (object, report) => {
    const reference = recordAt(object, 'roleRef');
    if (reference['apiGroup'] !== rbacGroup)
      report.unsupported('roleRef.apiGroup', reference['apiGroup'], [rbacGroup]);
    if (!roleKinds.includes(textAt(reference, 'kind')))
      report.unsupported('roleRef.kind', textAt(reference, 'kind'), roleKinds);
    if (textAt(reference, 'name') === '') report.required('roleRef.name');
    listAt(object, 'subjects').forEach((subject, index) =>
      validateSubject(subject, `subjects[${index}]`, object, report),
    );
  };

function validateSubject(subject: unknown, field: string, object: KubeObject, report: Report): void {
  const [kind, name, group] = [textAt(subject, 'kind'), textAt(subject, 'name'), textAt(subject, 'apiGroup')];
  if (name === '') report.required(`${field}.name`);
  const expected = subjectGroups[kind];
  if (expected === undefined) report.unsupported(`${field}.kind`, kind, Object.keys(subjectGroups));
  else if (group !== expected) report.unsupported(`${field}.apiGroup`, group, [expected]);
  if (kind !== 'ServiceAccount') return;
  if (name !== '') report.malformed(`${field}.name`, name, dns1123Subdomain(name));
  if (object.kind === 'ClusterRoleBinding' && textAt(subject, 'namespace') === '')
    report.required(`${field}.namespace`);
}

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];

const ingress: Rule = (object, report) => {
  const spec = recordAt(object, 'spec');
  const rules = listAt(spec, 'rules');
  if (rules.length === 0 && spec['defaultBackend'] === undefined)
    report.invalid(
      'spec',
      rules.length === 0 ? undefined : rules,
      'either `defaultBackend` or `rules` must be specified',
    );
  rules.forEach((rule, index) => validateIngressRule(rule, `spec.rules[${index}]`, report));
  if (spec['defaultBackend'] !== undefined)
    validateBackend(spec['defaultBackend'], 'spec.defaultBackend', report);
  const name = textAt(spec, 'ingressClassName');
  if (name !== '') report.malformed('spec.ingressClassName', name, dns1123Subdomain(name));
};

function validateIngressRule(rule: unknown, field: string, report: Report): void {
  const host = textAt(rule, 'host');
  if (host !== '') report.malformed(`${field}.host`, host, dns1123Subdomain(host.replace(/^\*\./, '')));
  const http = at(rule, 'http');
  if (http === undefined) return;
  if (listAt(http, 'paths').length === 0) report.required(`${field}.http.paths`);
  listAt(http, 'paths').forEach((entry, index) => {
    const path = `${field}.http.paths[${index}]`;
    const type = textAt(entry, 'pathType');
    const value = textAt(entry, 'path');
    if (type === '') report.required(`${path}.pathType`, 'pathType must be specified');
    else if (!pathTypes.includes(type)) report.unsupported(`${path}.pathType`, type, pathTypes);
    else if (type !== 'ImplementationSpecific' && !value.startsWith('/'))
      report.invalid(`${path}.path`, value, 'must be an absolute path');
    if (type !== '') validateBackend(at(entry, 'backend'), `${path}.backend`, report);
  });
}

function validateBackend(backend: unknown, field: string, report: Report): void {
  const service = at(backend, 'service');
  if (service === undefined) {
    if (at(backend, 'resource') === undefined)
      report.required(field, 'resource or service backend is required');
    return;
  }
  const name = textAt(service, 'name');
  if (name === '') report.required(`${field}.service.name`);
  else report.malformed(`${field}.service.name`, name, dns1035Label(name));
  const [portName, port] = [textAt(service, 'port', 'name'), numberAt(service, 'port', 'number')];
  if (portName !== '' && port !== 0) report.invalid(field, '', 'cannot set both port name & port number');
  else if (portName === '' && port === 0) report.required(field, 'port name or number is required');
}

const networkPolicy: Rule = (object, report) => {
  validateSelector(at(object, 'spec', 'podSelector'), 'spec.podSelector', report);
  const direction = (list: string, peers: string): void =>
    listAt(object, 'spec', list).forEach((rule, index) => {
      const field = `spec.${list}[${index}]`;
      listAt(rule, 'ports').forEach((port, at_) =>
        validatePolicyPort(port, `${field}.ports[${at_}]`, report),
      );
      listAt(rule, peers).forEach((peer, at_) => validatePeer(peer, `${field}.${peers}[${at_}]`, report));
    });
  direction('ingress', 'from');
  direction('egress', 'to');
  const types = ['Ingress', 'Egress'];
  listAt(object, 'spec', 'policyTypes').forEach((type, index) => {
    if (!types.includes(String(type))) report.unsupported(`spec.policyTypes[${index}]`, type, types);
  });
};

function validatePolicyPort(port: unknown, field: string, report: Report): void {
  report.oneOf(`${field}.protocol`, at(port, 'protocol'), ['TCP', 'UDP', 'SCTP']);
  const value = at(port, 'port');
  const end = at(port, 'endPort');
  if (value !== undefined) report.malformed(`${field}.port`, value, portOrName(value));
  else if (end !== undefined)
    report.invalid(`${field}.endPort`, end, 'may not be specified when `port` is not specified');
}

function validatePeer(peer: unknown, field: string, report: Report): void {
  const kinds = Object.keys(recordAt(peer));
  if (kinds.length === 0) report.required(field, 'must specify a peer');
  const block = at(peer, 'ipBlock');
  if (block === undefined) return;
  if (kinds.length > 1) report.forbidden(field, 'may not specify both ipBlock and another peer');
  else report.malformed(`${field}.ipBlock.cidr`, textAt(block, 'cidr'), cidr(textAt(block, 'cidr')));
}

const storageClass: Rule = (object, report) => {
  if (textAt(object, 'provisioner') === '') report.required('provisioner');
  report.oneOf('reclaimPolicy', at(object, 'reclaimPolicy'), ['Delete', 'Retain']);
  report.oneOf('volumeBindingMode', at(object, 'volumeBindingMode'), ['Immediate', 'WaitForFirstConsumer']);
};

const systemPriorities = ['system-node-critical', 'system-cluster-critical'];

const priorityClass: Rule = (object, report) => {
  const { name } = object.metadata;
  if (name.startsWith('system-')) {
    if (!systemPriorities.includes(name))
      report.forbidden(
        'metadata.name',
        `priority class names with 'system-' prefix are reserved for system use only. error: ${name} is not a known system priority class`,
      );
  } else if (numberAt(object, 'value') > 1_000_000_000)
    report.forbidden('value', 'maximum allowed value of a user defined priority is 1000000000');
};

const lease: Rule = ({ spec }, report) => {
  const duration = at(spec, 'leaseDurationSeconds');
  if (typeof duration === 'number' && duration <= 0)
    report.invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0');
  report.notNegative('spec.leaseTransitions', at(spec, 'leaseTransitions'));
};

const apiService: Rule = (object, report) => {
  const name = `${textAt(object, 'spec', 'version')}.${textAt(object, 'spec', 'group')}`;
  if (object.metadata.name !== name)
    report.invalid(
      'metadata.name',
      object.metadata.name,
      `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(name)}`,
    );
};

const webhooks: Rule = (object, report) => {
  listAt(object, 'webhooks').forEach((hook, index) => {
    const field = `webhooks[${index}]`;
    const name = textAt(hook, 'name');
    if (dns1123Subdomain(name).length > 0) report.malformed(`${field}.name`, name, dns1123Subdomain(name));
    else if (name.split('.').length < 3)
      report.invalid(
        `${field}.name`,
        name,
        'should be a domain with at least three segments separated by dots',
      );
    report.oneOf(`${field}.sideEffects`, at(hook, 'sideEffects'), ['None', 'NoneOnDryRun']);
    const config = recordAt(hook, 'clientConfig');
    if ((config['url'] === undefined) === (config['service'] === undefined))
      report.required(`${field}.clientConfig`, 'exactly one of url or service is required');
    if (listAt(hook, 'admissionReviewVersions').length === 0)
      report.required(`${field}.admissionReviewVersions`, 'must specify one of v1, v1beta1');
  });
};

const signingRequest: Rule = ({ spec }, report) => {
  const request = Buffer.from(textAt(spec, 'request'), 'base64').toString('latin1');
  if (!/-----BEGIN (NEW )?CERTIFICATE REQUEST-----/.test(request))
    report.invalid(
      'spec.request',
      recordAt(spec)['request'] === undefined ? null : textAt(spec, 'request'),
      'PEM block type must be CERTIFICATE REQUEST',
    );
  if (listAt(spec, 'usages').length === 0) report.required('spec.usages');
  const signer = textAt(spec, 'signerName');
  if (signer === '') report.required('spec.signerName');
  else if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/.+$/.test(signer))
    report.invalid(
      'spec.signerName',
      signer,
      "must be a fully qualified domain and path of the form 'example.com/signer-name'",
    );
};

/** Rules of all other groups by storage. */
export const otherRules: Record<string, Rule> = {
  [`roles.${rbacGroup}`]: role(true),
  [`clusterroles.${rbacGroup}`]: role(false),
  [`rolebindings.${rbacGroup}`]: binding(['Role', 'ClusterRole']),
  [`clusterrolebindings.${rbacGroup}`]: binding(['ClusterRole']),
  'ingresses.networking.k8s.io': ingress,
  'ingressclasses.networking.k8s.io': (object, report) => {
    if (textAt(object, 'spec', 'controller') === '') report.required('spec.controller');
  },
  'networkpolicies.networking.k8s.io': networkPolicy,
  'storageclasses.storage.k8s.io': storageClass,
  'priorityclasses.scheduling.k8s.io': priorityClass,
  'runtimeclasses.node.k8s.io': (object, report) => {
    const handler = textAt(object, 'handler');
    report.malformed('handler', handler, dns1123Label(handler));
  },
  'leases.coordination.k8s.io': lease,
  'apiservices.apiregistration.k8s.io': apiService,
  'validatingwebhookconfigurations.admissionregistration.k8s.io': webhooks,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': webhooks,
  'certificatesigningrequests.certificates.k8s.io': signingRequest,
};
