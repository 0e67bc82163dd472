import { createHmac } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RancherClient, type RancherAnswer } from '@scale-cluster/rancher-client';
import type { BackendKind } from './backend/backend-kinds.js';
import type { BackendContext } from './backend/backend-context.js';
import { BackendSet } from './backend/backend-set.js';
import { KwokDedicatedBackend, presentClusters } from './backend/kwok-dedicated/index.js';
import { KwokSharedBackend } from './backend/kwok-shared/index.js';
import { clusterAddress, MemoryBackend } from './backend/memory-backend.js';
import { Journal } from './journal/journal.js';
import type { Logger } from './logger.js';
import type { FleetMetrics } from './metrics.js';
import { Pki } from './pki/pki.js';
import type { Settings } from './settings/schema.js';
import { HomeLock } from './state/home-lock.js';
import { StateStore } from './state/state-store.js';
import { TemplateSet } from './template/template-set.js';

/** What a fleet stands on; opened together and closed together. */
export interface FleetParts {
  lock: HomeLock;
  state: StateStore;
  pki: Pki;
  journal: Journal;
  templates: TemplateSet;
  backends: BackendSet;
  rancher: RancherClient;
  /** Called after every answer of Rancher, once somebody has put a listener here. */
  onRancherAnswer?: (answer: RancherAnswer) => void;
}

export interface OpenPartsOptions {
  settings: Settings;
  logger: Logger;
  now: () => number;
  random: () => number;
  metrics: FleetMetrics;
}

/** Opens everything under the home of the settings. Throws StateError, TemplateError. */
export async function openParts({
  settings,
  logger,
  now,
  random,
  metrics,
}: OpenPartsOptions): Promise<FleetParts> {
  const { home } = settings;
  await mkdir(home, { recursive: true, mode: 0o700 });
  // Mistakes of the user first, before anything is taken or written.
  const defaultFile = templatePath(home);
  const templates = new TemplateSet({ defaultFile, folder: join(dirname(defaultFile), 'templates') });
  const lock = await HomeLock.take(home);
  const state = await StateStore.open({ path: join(home, 'state.json'), logger });
  const hosts = [...certificateHosts];
  if (!hosts.includes(settings.listenAddress) && !isAny(settings.listenAddress))
    hosts.push(settings.listenAddress);
  const pki = await Pki.open({ folder: join(home, 'pki'), hosts, now });
  const journal = await Journal.open({ folder: join(home, 'journal'), logger });
  const contextOf = (kind: BackendKind): Omit<BackendContext, 'journal'> => ({
    settings,
    templates,
    pki,
    tokenKey: createHmac('sha256', Buffer.from(state.secret, 'base64'))
      .update('token-requests')
      .digest('hex'),
    now,
    random,
    logger,
    onRequest: metrics.requestCounter(kind),
  });
  const backends = new BackendSet({
    create: {
      memory: () => new MemoryBackend({ ...contextOf('memory'), journal }),
      'kwok-shared': () =>
        new KwokSharedBackend(contextOf('kwok-shared'), { kubeconfig: settings.mainKubeconfig }),
      'kwok-dedicated': () => new KwokDedicatedBackend(contextOf('kwok-dedicated')),
    },
    hasLeftovers: { 'kwok-dedicated': async () => (await presentClusters(settings)).length > 0 },
    now,
    logger,
  });
  const rancher = new RancherClient({
    url: settings.rancherURL,
    token: settings.bearerToken,
    tls: { mode: settings.tlsMode, ...(settings.caCert === undefined ? {} : { ca: settings.caCert }) },
    logger,
    random,
    onAnswer: (answer) => parts.onRancherAnswer?.(answer),
    // A dead subscription must be noticed well before deletions have to be (30 s).
    subscription: { silenceMs: 15_000, maxMs: 10_000 },
  });
  const parts: FleetParts = { lock, state, pki, journal, templates, backends, rancher };
  return parts;
}

/** Closes what {@link openParts} opened; writes what is left to write. */
export async function closeParts(parts: FleetParts): Promise<void> {
  await parts.rancher.close();
  await parts.backends.close();
  await parts.journal.close();
  await parts.state.close();
  await parts.lock.release();
}

/** Names by which the APIs are reached: in the tunnel, inside a cluster, and on this machine. */
export const certificateHosts = [
  clusterAddress.replace(/:\d+$/, ''),
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  'localhost',
  '127.0.0.1',
  '::1',
];

const isAny = (address: string): boolean => address === '0.0.0.0' || address === '::';

/** Beside the settings: `<home>/config/cluster.yaml`, or `<home>/cluster.yaml` when `config` is the settings file. */
export function templatePath(home: string): string {
  const config = join(home, 'config');
  return statSync(config, { throwIfNoEntry: false })?.isFile() === true
    ? join(home, 'cluster.yaml')
    : join(config, 'cluster.yaml');
}
