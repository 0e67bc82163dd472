import { existsSync } from 'node:fs';
import type { Binaries, BinaryName } from './binaries.js';
import { OptionsError } from './errors.js';

/** Ports of a cluster's components on this machine; kwokctl chooses those that aren't given. */
export interface ClusterPorts {
  kubeApiserver?: number | undefined;
  etcd?: number | undefined;
  etcdPeer?: number | undefined;
  kwokController?: number | undefined;
  kubeControllerManager?: number | undefined;
  kubeScheduler?: number | undefined;
}

/** A component that a cluster can do without. */
export type OptionalComponent = 'kube-controller-manager' | 'kube-scheduler' | 'kwok-controller';

export interface CreateClusterOptions {
  /** A lowercase DNS label. */
  name: string;
  /**
   * Give all of them when several clusters are created at once: kwokctl looks for free ports without reserving
   * them, so two creations may choose the same.
   */
  ports?: ClusterPorts;
  /** Components to leave out. @default [] */
  disable?: readonly OptionalComponent[];
  /** HTTPS with client certificates; false is plain HTTP without authentication. @default true */
  secure?: boolean;
  /** A kubeconfig to which the context `kwok-<name>` is added. @default none is touched */
  kubeconfig?: string;
  /** A Kubernetes audit policy; the log is the component `audit` of `logs()`. */
  auditPolicy?: string;
  /** More kwok configuration files (Stages, component patches). */
  configs?: readonly string[];
  /** `kube-runtime-config` of kube-apiserver: `api/all=true`. */
  runtimeConfig?: string;
  /** Feature gates of all components: `A=true,B=false`. */
  featureGates?: string;
  /** RBAC. @default true */
  authorization?: boolean;
  /** Admission plug-ins. @default true */
  admission?: boolean;
  /** No client-side rate limits in the components. @default false */
  disableQpsLimits?: boolean;
  /** Stretches the heartbeats of the nodes: 5 makes them five times rarer. @default 1 */
  heartbeatFactor?: number;
  /** Arguments for components: `{ 'kube-apiserver': { 'max-requests-inflight': '1000' } }`. */
  extraArgs?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /**
   * Address that the components listen on. kwokctl's own default is all of them, with an etcd that asks nobody who he is.
   * @default 127.0.0.1
   */
  bindAddress?: string;
  /** Longest wait for the cluster to be ready, in milliseconds. @default 120_000 */
  waitMs?: number;
  /** Leave what there is of a cluster whose creation failed, to look at it. @default false */
  keepOnFailure?: boolean;
}

export const defaultWaitMs = 120_000;

const portFlags: readonly (readonly [keyof ClusterPorts, string, string])[] = [
  ['kubeApiserver', '--kube-apiserver-port', 'kube-apiserver'],
  ['etcd', '--etcd-port', 'etcd'],
  ['kwokController', '--controller-port', 'kwok-controller'],
  ['kubeControllerManager', '--kube-controller-manager-port', 'kube-controller-manager'],
  ['kubeScheduler', '--kube-scheduler-port', 'kube-scheduler'],
];

const binaryFlags: readonly (readonly [BinaryName, string, OptionalComponent | undefined])[] = [
  ['etcd', '--etcd-binary', undefined],
  ['kube-apiserver', '--kube-apiserver-binary', undefined],
  ['kwok', '--kwok-controller-binary', 'kwok-controller'],
  ['kube-controller-manager', '--kube-controller-manager-binary', 'kube-controller-manager'],
  ['kube-scheduler', '--kube-scheduler-binary', 'kube-scheduler'],
];

/**
 * The arguments of `kwokctl create cluster`. Binaries that aren't found are left to kwokctl, which downloads them.
 *
 * @param configs all configuration files, the caller's own ones first
 */
export function createClusterArgs(
  options: CreateClusterOptions,
  binaries: Binaries,
  configs: readonly string[],
): string[] {
  const disabled = options.disable ?? [];
  const args = ['create', 'cluster', '--name', options.name, '--runtime', 'binary'];
  args.push('--wait', `${Math.ceil((options.waitMs ?? defaultWaitMs) / 1000)}s`);
  // An empty value leaves every kubeconfig as it is; without the flag it would be the user's own.
  args.push('--kubeconfig', options.kubeconfig ?? '');
  for (const config of configs) args.push('--config', config);
  for (const [binary, flag, component] of binaryFlags) {
    const path = component !== undefined && disabled.includes(component) ? undefined : binaries.find(binary);
    if (path !== undefined) args.push(flag, path);
  }
  for (const [key, flag] of portFlags) {
    const port = options.ports?.[key];
    if (port !== undefined) args.push(flag, String(port));
  }
  if (disabled.length > 0) args.push('--disable', disabled.join(','));
  if (options.secure === false) args.push('--secure-port=false');
  if (options.authorization === false) args.push('--kube-authorization=false');
  if (options.admission === false) args.push('--kube-admission=false');
  if (options.disableQpsLimits === true) args.push('--disable-qps-limits');
  if (options.auditPolicy !== undefined) args.push('--kube-audit-policy', options.auditPolicy);
  if (options.runtimeConfig !== undefined) args.push('--kube-runtime-config', options.runtimeConfig);
  if (options.featureGates !== undefined) args.push('--kube-feature-gates', options.featureGates);
  if (options.heartbeatFactor !== undefined) args.push('--heartbeat-factor', String(options.heartbeatFactor));
  for (const [component, values] of Object.entries(options.extraArgs ?? {})) {
    for (const [key, value] of Object.entries(values))
      args.push('--extra-args', `${component}=${key}=${value}`);
  }
  return args;
}

/** The kwok configuration for what `create cluster` has no flags for. JSON, which is YAML. */
export function createClusterConfig(options: CreateClusterOptions, binaries: Binaries): string {
  const values = {
    bindAddress: options.bindAddress ?? '127.0.0.1',
    etcdPeerPort: options.ports?.etcdPeer,
    etcdctlBinary: binaries.find('etcdctl'),
    etcdutlBinary: binaries.find('etcdutl'),
  };
  return JSON.stringify({
    apiVersion: 'config.kwok.x-k8s.io/v1alpha1',
    kind: 'KwokctlConfiguration',
    options: values,
  });
}

/** The ports that were asked for, each with its component. */
export function requestedPorts(ports: ClusterPorts = {}): { port: number; component: string }[] {
  const named = portFlags.map(([key, , component]) => ({ port: ports[key], component }));
  return [...named, { port: ports.etcdPeer, component: 'etcd' }].filter(
    (one): one is { port: number; component: string } => one.port !== undefined,
  );
}

/** @throws OptionsError for a file that doesn't exist or a port that can't be one */
export function checkCreateOptions(options: CreateClusterOptions): void {
  const { auditPolicy, configs = [] } = options;
  if (auditPolicy !== undefined && !existsSync(auditPolicy)) {
    throw new OptionsError(
      `the audit policy file ${auditPolicy} doesn't exist; create it or turn auditing off`,
    );
  }
  const missing = configs.find((config) => !existsSync(config));
  if (missing !== undefined) throw new OptionsError(`the kwok configuration file ${missing} doesn't exist`);
  const ports = requestedPorts(options.ports);
  const bad = ports.find(({ port }) => !Number.isInteger(port) || port < 1 || port > 65_535);
  if (bad !== undefined) throw new OptionsError(`${bad.component}: ${bad.port} is not a port`);
  if (new Set(ports.map(({ port }) => port)).size < ports.length) {
    throw new OptionsError(`two components of cluster "${options.name}" were given the same port`);
  }
}
