import { listAt, recordAt, textAt } from '../../schema/read.js';
import type { Check } from './check.js';
import type { Container } from './pod-view.js';
import { containersOf, contextOf, named, namesOf, quoted, setters, sorted, valuesSet } from './pod-view.js';

const ALLOWED_CAPABILITIES: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

/** Safe sysctls and the minor version from which on they count as such. */
const ALLOWED_SYSCTLS: ReadonlyMap<string, number> = new Map([
  ['kernel.shm_rmid_forced', 0],
  ['net.ipv4.ip_local_port_range', 0],
  ['net.ipv4.tcp_syncookies', 0],
  ['net.ipv4.ping_group_range', 0],
  ['net.ipv4.ip_unprivileged_port_start', 0],
  ['net.ipv4.ip_local_reserved_ports', 27],
  ['net.ipv4.tcp_keepalive_time', 29],
  ['net.ipv4.tcp_fin_timeout', 29],
  ['net.ipv4.tcp_keepalive_intvl', 29],
  ['net.ipv4.tcp_keepalive_probes', 29],
  ['net.ipv4.tcp_rmem', 32],
  ['net.ipv4.tcp_wmem', 32],
]);

const SELINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t'];
const APPARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';

export const isConfined = (type: string): boolean => type === 'Localhost' || type === 'RuntimeDefault';

/** The `baseline` level of the Pod Security Standards, in the order of their ids. */
export const baselineChecks: readonly Check[] = [
  { id: 'appArmorProfile', since: 0, check: checkAppArmor },
  {
    id: 'capabilities_baseline',
    since: 0,
    check(pod) {
      const isOdd = (name: string): boolean => !ALLOWED_CAPABILITIES.has(name);
      const added = ({ securityContext }: Container): readonly string[] =>
        securityContext?.capabilities?.add ?? [];
      const bad = namesOf(pod, (container) => added(container).some(isOdd));
      if (bad.length === 0) return undefined;
      const names = quoted(sorted(containersOf(pod).flatMap(added).filter(isOdd)));
      const detail = `${named('container', bad)} must not include ${names} in securityContext.capabilities.add`;
      return ['non-default capabilities', detail];
    },
  },
  {
    id: 'hostNamespaces',
    since: 0,
    check({ spec }) {
      const used = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => recordAt(spec)[field] === true);
      return used.length === 0
        ? undefined
        : ['host namespaces', used.map((field) => `${field}=true`).join(', ')];
    },
  },
  {
    id: 'hostPathVolumes',
    since: 0,
    check({ spec }) {
      const bad = listAt(spec, 'volumes').filter((volume) => recordAt(volume)['hostPath'] !== undefined);
      const names = bad.map((volume) => textAt(volume, 'name'));
      return bad.length === 0 ? undefined : ['hostPath volumes', named('volume', names)];
    },
  },
  {
    id: 'hostPorts',
    since: 0,
    check(pod) {
      const portsOf = ({ ports = [] }: Container): string[] =>
        ports.filter(({ hostPort }) => (hostPort ?? 0) !== 0).map(({ hostPort }) => String(hostPort));
      const bad = namesOf(pod, (container) => portsOf(container).length > 0);
      if (bad.length === 0) return undefined;
      const ports = sorted(containersOf(pod).flatMap(portsOf));
      const uses = `${bad.length === 1 ? 'uses' : 'use'} hostPort${ports.length === 1 ? '' : 's'}`;
      return ['hostPort', `${named('container', bad)} ${uses} ${ports.join(', ')}`];
    },
  },
  { id: 'hostProbesAndhostLifecycle', since: 34, check: checkProbeHosts },
  {
    id: 'privileged',
    since: 0,
    check(pod) {
      const bad = namesOf(pod, ({ securityContext }) => securityContext?.privileged === true);
      return bad.length === 0
        ? undefined
        : ['privileged', `${named('container', bad)} must not set securityContext.privileged=true`];
    },
  },
  {
    id: 'procMount',
    since: 0,
    check(pod) {
      const isOdd = (mount: string | undefined): mount is string =>
        mount !== undefined && mount !== 'Default';
      const bad = namesOf(pod, ({ securityContext }) => isOdd(securityContext?.procMount));
      if (bad.length === 0) return undefined;
      const mounts = valuesSet(pod, ({ procMount }) => procMount).filter(isOdd);
      return [
        'procMount',
        `${named('container', bad)} must not set securityContext.procMount to ${quoted(sorted(mounts))}`,
      ];
    },
  },
  { id: 'seLinuxOptions', since: 0, check: checkSelinux },
  {
    id: 'seccompProfile_baseline',
    since: 19,
    check(pod) {
      const who = setters(
        pod,
        ({ seccompProfile: profile }) => profile !== undefined && !isConfined(profile.type),
      );
      if (who === '') return undefined;
      const types = valuesSet(pod, ({ seccompProfile }) => seccompProfile?.type).filter(
        (type) => !isConfined(type),
      );
      return [
        'seccompProfile',
        `${who} must not set securityContext.seccompProfile.type to ${quoted(sorted(types))}`,
      ];
    },
  },
  {
    id: 'sysctls',
    since: 0,
    check(pod, minor) {
      const bad = (contextOf(pod).sysctls ?? []).filter(
        ({ name }) => (ALLOWED_SYSCTLS.get(name) ?? Infinity) > minor,
      );
      return bad.length === 0 ? undefined : ['forbidden sysctls', bad.map(({ name }) => name).join(', ')];
    },
  },
  {
    id: 'windowsHostProcess',
    since: 0,
    check(pod) {
      const who = setters(pod, ({ windowsOptions }) => windowsOptions?.hostProcess === true);
      const detail = `${who} must not set securityContext.windowsOptions.hostProcess=true`;
      return who === '' ? undefined : ['hostProcess', detail];
    },
  },
];

function checkAppArmor(pod: Parameters<Check['check']>[0]): ReturnType<Check['check']> {
  const who = setters(
    pod,
    ({ appArmorProfile: profile }) => profile !== undefined && !isConfined(profile.type),
  );
  const types = valuesSet(pod, ({ appArmorProfile }) => appArmorProfile?.type).filter(
    (type) => !isConfined(type),
  );
  const isAllowed = (value: string): boolean =>
    value === '' || value === 'runtime/default' || value.startsWith('localhost/');
  const annotations = Object.entries(pod.metadata?.annotations ?? {})
    .filter(([key, value]) => key.startsWith(APPARMOR_ANNOTATION) && !isAllowed(value))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort();
  const values = [...sorted(types), ...annotations];
  if (values.length === 0) return undefined;
  const parts = [who, annotations.length === 0 ? '' : `annotation${annotations.length === 1 ? '' : 's'}`];
  const subject = parts.filter((part) => part !== '').join(' and ');
  return [
    `forbidden AppArmor profile${values.length === 1 ? '' : 's'}`,
    `${subject} must not set AppArmor profile type to ${quoted(values)}`,
  ];
}

function checkProbeHosts(pod: Parameters<Check['check']>[0]): ReturnType<Check['check']> {
  const hostsOf = (container: Container): string[] =>
    [
      ...['livenessProbe', 'readinessProbe', 'startupProbe'].map((probe) => container[probe]),
      ...['postStart', 'preStop'].map((hook) => recordAt(container, 'lifecycle')[hook]),
    ]
      .flatMap((handler) => [textAt(handler, 'httpGet', 'host'), textAt(handler, 'tcpSocket', 'host')])
      .filter((host) => host !== '');
  const bad = sorted(namesOf(pod, (container) => hostsOf(container).length > 0));
  if (bad.length === 0) return undefined;
  const hosts = sorted(containersOf(pod).flatMap(hostsOf));
  const uses = `${bad.length === 1 ? 'uses' : 'use'} probe or lifecycle host${hosts.length === 1 ? '' : 's'}`;
  return ['probe or lifecycle host', `${named('container', bad)} ${uses} ${quoted(hosts)}`];
}

function checkSelinux(pod: Parameters<Check['check']>[0], minor: number): ReturnType<Check['check']> {
  const allowed = minor >= 31 ? [...SELINUX_TYPES, 'container_engine_t'] : SELINUX_TYPES;
  const isOdd = (type: string | undefined): boolean => !allowed.includes(type ?? '');
  const who = setters(
    pod,
    ({ seLinuxOptions: options }) =>
      options !== undefined && (isOdd(options.type) || Boolean(options.user) || Boolean(options.role)),
  );
  if (who === '') return undefined;
  const all = valuesSet(pod, ({ seLinuxOptions }) => seLinuxOptions);
  const types = sorted(all.map(({ type = '' }) => type).filter(isOdd));
  const problems = [
    ...(types.length === 0 ? [] : [named('type', types)]),
    ...(all.some(({ user }) => user) ? ['user may not be set'] : []),
    ...(all.some(({ role }) => role) ? ['role may not be set'] : []),
  ];
  return ['seLinuxOptions', `${who} set forbidden securityContext.seLinuxOptions: ${problems.join('; ')}`];
}
