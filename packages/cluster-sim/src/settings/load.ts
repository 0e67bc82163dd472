import { readFileSync, statSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { BackendKind } from '../backend/backend-kinds.js';
import { SettingsError } from '../errors.js';
import { nearest } from './nearest.js';
import { parseSettings } from './parse.js';
import { environmentName, settingsKeys, settingsSchema, type Settings, type SettingsFile } from './schema.js';
import { checkValue } from './value.js';

export interface LoadSettingsOptions {
  /** Folder of settings and state. Default: SCALE_AGENT_HOME, or `~/.scale-cluster-agent`. */
  home?: string;
  /** Default: process.env. */
  env?: NodeJS.ProcessEnv;
  /** Called for each thing worth telling that is no mistake: unknown keys, settings without effect, weak security. */
  onWarning?(text: string): void;
  /** Values that win over everything (flags of a command line), by settings key. */
  overrides?: Partial<SettingsFile>;
}

/** Keys of the earlier program that mean one of ours, or nothing any more. */
const formerKeys: Record<string, keyof SettingsFile | undefined> = {
  PprofEnable: 'Pprof',
  ResourceOnlyInMainCluster: undefined,
};

/** Variables that the earlier program read beside SCALE_AGENT_*. */
const formerVariables: Partial<Record<keyof SettingsFile, string>> = {
  RancherURL: 'RANCHER_URL',
  BearerToken: 'RANCHER_TOKEN',
};

/**
 * Reads `<home>/config/config` (or `<home>/config` when that is a file), then SCALE_AGENT_* variables for keys
 * the file doesn't have, then the defaults. Throws {@link SettingsError} with one sentence for the user.
 */
export function loadSettings(options: LoadSettingsOptions = {}): Settings {
  const env = options.env ?? process.env;
  const warn = (text: string): void => options.onWarning?.(text);
  const home = resolve(options.home ?? env['SCALE_AGENT_HOME'] ?? join(homedir(), '.scale-cluster-agent'));
  const file = settingsFile(home);
  const given = file === undefined ? {} : readKnown(file, warn);
  for (const key of settingsKeys) {
    if (given[key] !== undefined) continue;
    const former = formerVariables[key];
    const value = env[environmentName(key)] ?? (former === undefined ? undefined : env[former]);
    if (value !== undefined && value !== '') given[key] = checkValue(key, value, environmentName(key));
  }
  const merged = { ...defaults(), ...given, ...options.overrides } as SettingsFile;
  return toSettings(merged, home, file ?? join(home, 'config', 'config'), warn);
}

function settingsFile(home: string): string | undefined {
  for (const candidate of [join(home, 'config', 'config'), join(home, 'config')]) {
    if (isFile(candidate)) return candidate;
  }
  return undefined;
}

/** False also for what lies below a file (ENOTDIR). */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function readKnown(file: string, warn: (text: string) => void): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new SettingsError(`${file} can't be read: ${(error as Error).message}.`, { cause: error });
  }
  if ((statSync(file).mode & 0o077) !== 0) {
    warn(`${file} holds a token and can be read by others on this machine; chmod 600 it.`);
  }
  const known: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(parseSettings(text, file))) {
    const key = settingsKeys.find((one) => one.toLowerCase() === name.toLowerCase());
    if (key !== undefined) {
      if (value !== null) known[key] = checkValue(key, value, `${key} in ${file}`);
    } else if (name in formerKeys) {
      const successor = formerKeys[name];
      if (successor === undefined)
        warn(`${name} in ${file} has no effect: clusters never share resources here.`);
      else known[successor] ??= checkValue(successor, value, `${name} in ${file}`);
    } else {
      const meant = nearest(name, settingsKeys);
      warn(
        `Unknown setting ${name} in ${file} is ignored${meant === undefined ? '' : `; did you mean ${meant}?`}`,
      );
    }
  }
  return known;
}

function defaults(): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(settingsSchema.properties)) {
    if ('default' in schema) values[key] = schema.default;
  }
  return values;
}

function toSettings(file: SettingsFile, home: string, path: string, warn: (text: string) => void): Settings {
  for (const key of ['RancherURL', 'BearerToken'] as const) {
    if (file[key] === '') {
      throw new SettingsError(
        `${key} is not set: write "${key}: …" into ${path} or set ${environmentName(key)}.`,
      );
    }
  }
  const rancherURL = checkUrl(file.RancherURL);
  const backend = file.Backend ?? backendOf(file.MultiTenant);
  if (file.MultiTenant !== undefined && backendOf(file.MultiTenant) !== backend) {
    warn(`MultiTenant has no effect beside Backend ${backend}.`);
  }
  if (file.Audit && backend === 'memory') {
    warn('Audit has no effect on clusters with backend memory: they have no kube-apiserver to audit.');
  }
  if (file.TLSMode === 'insecure') {
    warn(
      'TLSMode insecure: the certificate of Rancher is NOT checked, anyone in between can take the token.',
    );
  }
  if (file.APIKey === undefined && !isLoopback(file.ListenAddress)) {
    throw new SettingsError(
      `ListenAddress ${file.ListenAddress} is reachable from other machines, which needs an APIKey: set APIKey, or listen on 127.0.0.1.`,
    );
  }
  const caCert = file.CACert === undefined ? undefined : certificateText(file.CACert);
  return {
    home,
    rancherURL,
    bearerToken: file.BearerToken,
    listenPort: file.ListenPort,
    listenAddress: file.ListenAddress,
    logLevel: file.LogLevel,
    backend,
    ...(file.KwokctlPath === undefined ? {} : { kwokctlPath: file.KwokctlPath }),
    ...(file.KubectlPath === undefined ? {} : { kubectlPath: file.KubectlPath }),
    ...(file.KubeBinaries === undefined ? {} : { kubeBinaries: file.KubeBinaries }),
    kwokControllerManager: file.KwokControllerManager,
    kwokConcurrentCreates: file.KwokConcurrentCreates,
    mainClusterName: file.MainClusterName,
    mainKubeconfig: pathOf(file.MainKubeconfig ?? join(home, 'kubeconfig')),
    mainAPIPort: file.MainAPIPort,
    proxyBasePort: file.ProxyBasePort,
    localAPIPort: file.LocalAPIPort,
    pprof: file.Pprof,
    pprofPort: file.PprofPort,
    memLogIntervalSec: file.MemLogIntervalSec,
    audit: file.Audit,
    ...(file.APIKey === undefined ? {} : { apiKey: file.APIKey }),
    tlsMode: file.TLSMode,
    ...(caCert === undefined ? {} : { caCert }),
    createVia: file.CreateVia,
    concurrentCreates: file.ConcurrentCreates,
    createsPerSec: file.CreatesPerSec,
    maxConcurrentActivations: file.MaxConcurrentActivations,
    shards: file.Shards ?? Math.max(1, availableParallelism() - 1),
    capacityCheck: file.CapacityCheck,
    nodeLeaseIntervalSec: file.NodeLeaseIntervalSec,
    nodeStatusIntervalSec: file.NodeStatusIntervalSec,
    churnPodsPerSec: file.ChurnPodsPerSec,
    churnNamespacesPerSec: file.ChurnNamespacesPerSec,
    churnRBACPerSec: file.ChurnRBACPerSec,
    churnEventsPerSec: file.ChurnEventsPerSec,
  };
}

/** What the earlier program's switch between its two ways of working means here. */
function backendOf(multiTenant: boolean | undefined): BackendKind {
  if (multiTenant === undefined) return 'memory';
  return multiTenant ? 'kwok-shared' : 'kwok-dedicated';
}

/** `~` is what a shell would have made of it. */
const pathOf = (text: string): string => resolve(text.replace(/^~(?=\/|$)/, homedir()));

function checkUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new SettingsError(`RancherURL is not an address: give it as https://rancher.example.`);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new SettingsError(`RancherURL must begin with https://, not ${url.protocol}//.`);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** True for addresses that only this machine can reach. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
}

function certificateText(value: string): string {
  if (value.includes('-----BEGIN CERTIFICATE-----')) return value;
  try {
    const text = readFileSync(value, 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  } catch (error) {
    throw new SettingsError(`CACert names a file that can't be read: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  throw new SettingsError(`CACert names the file ${value}, which holds no PEM certificate.`);
}
