import { parseQuantity } from '../quantity.js';
import { at, listAt, numberAt, recordAt, textAt } from '../read.js';
import {
  configKey,
  dns1123Label,
  dns1123Subdomain,
  portName,
  portNumber,
  portOrName,
  qualifiedName,
} from './names.js';
import type { Report } from './report.js';

/** What containers of a pod share while they are checked one after another. */
export interface ContainerScope {
  /** Names taken so far. */
  readonly names: Set<string>;
  readonly volumes: ReadonlySet<string>;
}

/** Containers of a pod: k8s.io/kubernetes `pkg/apis/core/validation`. */
export function validateContainer(
  container: unknown,
  field: string,
  scope: ContainerScope,
  report: Report,
): void {
  const name = textAt(container, 'name');
  const image = textAt(container, 'image');
  if (name === '') report.required(`${field}.name`);
  else report.malformed(`${field}.name`, name, dns1123Label(name));
  if (image === '') report.required(`${field}.image`);
  else if (image !== image.trim())
    report.invalid(`${field}.image`, image, 'must not have leading or trailing whitespace');
  if (name !== '' && scope.names.has(name)) report.duplicate(`${field}.name`, name);
  scope.names.add(name);
  validateLifecycle(container, field, report);
  validateProbes(container, field, report);
  report.oneOf(`${field}.terminationMessagePolicy`, at(container, 'terminationMessagePolicy'), [
    'File',
    'FallbackToLogsOnError',
  ]);
  validatePorts(container, field, report);
  validateEnvironment(container, field, report);
  validateMounts(container, field, scope.volumes, report);
  report.oneOf(`${field}.imagePullPolicy`, at(container, 'imagePullPolicy'), [
    'Always',
    'IfNotPresent',
    'Never',
  ]);
  validateResources(recordAt(container, 'resources'), `${field}.resources`, report);
}

function validatePorts(container: unknown, field: string, report: Report): void {
  const names = new Set<string>();
  listAt(container, 'ports').forEach((port, index) => {
    const path = `${field}.ports[${index}]`;
    const name = textAt(port, 'name');
    if (name !== '') {
      const errors = portName(name);
      report.malformed(`${path}.name`, name, errors);
      if (errors.length === 0 && names.has(name)) report.duplicate(`${path}.name`, name);
      names.add(name);
    }
    const number = numberAt(port, 'containerPort');
    if (number === 0) report.required(`${path}.containerPort`);
    else report.malformed(`${path}.containerPort`, number, portNumber(number));
    const hostPort = numberAt(port, 'hostPort');
    if (hostPort !== 0) report.malformed(`${path}.hostPort`, hostPort, portNumber(hostPort));
    report.oneOf(`${path}.protocol`, at(port, 'protocol'), ['SCTP', 'TCP', 'UDP']);
  });
}

const fieldPaths = new Set([
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.serviceAccountName',
  'spec.schedulerName',
  'status.phase',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]);

function validateEnvironment(container: unknown, field: string, report: Report): void {
  listAt(container, 'env').forEach((variable, index) => {
    const path = `${field}.env[${index}]`;
    const name = textAt(variable, 'name');
    if (name === '') report.required(`${path}.name`);
    else if (!/^[ -<>-~]+$/.test(name))
      report.invalid(
        `${path}.name`,
        name,
        "a valid environment variable name must consist only of printable ASCII characters other than '='",
      );
    if (at(variable, 'valueFrom') !== undefined) validateSource(variable, `${path}.valueFrom`, report);
  });
  listAt(container, 'envFrom').forEach((source) => {
    if (at(source, 'configMapRef') === undefined && at(source, 'secretRef') === undefined)
      report.invalid(`${field}.envFrom`, '', 'must specify one of: `configMapRef` or `secretRef`');
  });
}

function validateSource(variable: unknown, path: string, report: Report): void {
  const source = recordAt(variable, 'valueFrom');
  const kinds = Object.keys(source);
  if (kinds.length === 0) {
    const choices = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`';
    report.invalid(path, '', `must specify one of: ${choices}`);
  }
  if (textAt(variable, 'value') !== '' && kinds.length > 0)
    report.invalid(path, '', 'may not be specified when `value` is not empty');
  else if (kinds.length > 1) report.invalid(path, '', 'may not have more than one field specified at a time');
  const fieldPath = textAt(source, 'fieldRef', 'fieldPath');
  if (source['fieldRef'] !== undefined) validateFieldPath(fieldPath, `${path}.fieldRef.fieldPath`, report);
  for (const kind of ['configMapKeyRef', 'secretKeyRef']) {
    const reference = source[kind];
    if (reference === undefined) continue;
    const name = textAt(reference, 'name');
    report.malformed(`${path}.${kind}.name`, name, dns1123Subdomain(name));
    const key = textAt(reference, 'key');
    if (key === '') report.required(`${path}.${kind}.key`);
    else report.malformed(`${path}.${kind}.key`, key, configKey(key));
  }
}

function validateFieldPath(fieldPath: string, path: string, report: Report): void {
  if (fieldPath === '') report.required(path);
  else if (!fieldPaths.has(fieldPath.replace(/\['.*'\]$/, '')))
    report.invalid(path, fieldPath, `error converting fieldPath: field label not supported: ${fieldPath}`);
}

function validateMounts(
  container: unknown,
  field: string,
  volumes: ReadonlySet<string>,
  report: Report,
): void {
  const paths = new Set<string>();
  listAt(container, 'volumeMounts').forEach((mount, index) => {
    const path = `${field}.volumeMounts[${index}]`;
    const name = textAt(mount, 'name');
    const mountPath = textAt(mount, 'mountPath');
    if (name === '') report.required(`${path}.name`);
    if (!volumes.has(name)) report.notFound(`${path}.name`, name);
    if (mountPath === '') report.required(`${path}.mountPath`);
    else if (paths.has(mountPath)) report.invalid(`${path}.mountPath`, mountPath, 'must be unique');
    paths.add(mountPath);
  });
}

const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'];

function validateHandler(handler: unknown, field: string, report: Report): void {
  const kinds = handlers.filter((kind) => at(handler, kind) !== undefined);
  if (kinds.length === 0) report.required(field, 'must specify a handler type');
  for (const kind of kinds.slice(1))
    report.forbidden(`${field}.${kind}`, 'may not specify more than 1 handler type');
  const first = kinds[0];
  if (first === 'exec' && listAt(handler, 'exec', 'command').length === 0)
    report.required(`${field}.exec.command`);
  if (first === 'httpGet' || first === 'tcpSocket') {
    const port = at(handler, first, 'port');
    report.malformed(`${field}.${first}.port`, port, portOrName(port));
  }
  if (first === 'httpGet')
    report.oneOf(`${field}.httpGet.scheme`, at(handler, 'httpGet', 'scheme'), ['HTTP', 'HTTPS']);
}

function validateLifecycle(container: unknown, field: string, report: Report): void {
  for (const hook of ['postStart', 'preStop']) {
    const handler = at(container, 'lifecycle', hook);
    if (handler !== undefined) validateHandler(handler, `${field}.lifecycle.${hook}`, report);
  }
}

const probeNumbers = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
];

function validateProbes(container: unknown, field: string, report: Report): void {
  for (const kind of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = at(container, kind);
    if (probe === undefined) continue;
    const path = `${field}.${kind}`;
    validateHandler(probe, path, report);
    for (const name of probeNumbers) report.notNegative(`${path}.${name}`, at(probe, name));
    const successes = numberAt(probe, 'successThreshold');
    if (kind !== 'readinessProbe' && successes !== 1 && successes > 0)
      report.invalid(`${path}.successThreshold`, successes, 'must be 1');
  }
}

const standardResources = new Set(['cpu', 'memory', 'ephemeral-storage', 'storage']);

function validateResources(
  resources: Readonly<Record<string, unknown>>,
  field: string,
  report: Report,
): void {
  const limits = recordAt(resources, 'limits');
  const requests = recordAt(resources, 'requests');
  for (const [name, value] of Object.entries(limits)) {
    validateResourceName(name, `${field}.limits[${name}]`, report);
    validateAmount(value, `${field}.limits[${name}]`, report);
  }
  for (const [name, value] of Object.entries(requests)) {
    validateResourceName(name, `${field}.requests[${name}]`, report);
    validateAmount(value, `${field}.requests[${name}]`, report);
    const limit = limits[name];
    if (limit !== undefined && amount(value) > amount(limit))
      report.invalid(
        `${field}.requests`,
        value,
        `must be less than or equal to ${name} limit of ${textAt(limits, name)}`,
      );
  }
}

const amount = (value: unknown): bigint => parseQuantity(String(value))?.nano ?? 0n;

/** A quantity that may not be below zero. */
export function validateAmount(value: unknown, field: string, report: Report): void {
  if (amount(value) < 0n) report.invalid(field, value, 'must be greater than or equal to 0');
}

function validateResourceName(name: string, field: string, report: Report): void {
  report.malformed(field, name, qualifiedName(name));
  if (name.includes('/') || standardResources.has(name) || name.startsWith('hugepages-')) return;
  report.invalid(field, name, 'must be a standard resource type or fully qualified');
  report.invalid(field, name, 'must be a standard resource for containers');
}
