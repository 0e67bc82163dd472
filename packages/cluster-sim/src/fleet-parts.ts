import { createHmac } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RancherClient, type RancherAnswer } from '@scale-cluster/rancher-client';
import { AgentManifests } from './agent-doings/agent-manifests.js';
import type { BackendKind } from './backend/backend-kinds.js';
import type { BackendContext } from './backend/backend-context.js';
import { BackendSet } from './backend/backend-set.js';
import { KwokDedicatedBackend, presentClusters } from './backend/kwok-dedicated/index.js';
import { KwokSharedBackend } from './backend/kwok-shared/index.js';
import { clusterAddress, MemoryBackend } from './backend/memory-backend.js';
import { Delayer } from './delayer.js';
import { LocalHost } from './host/local-host.js';
import { Journal } from './journal/journal.js';
import type { Logger } from './logger.js';
import type { FleetMetrics } from './metrics.js';
import { Pki } from './pki/pki.js';
import type { Settings } from './settings/schema.js';
import { doorFolder } from './shards/door.js';
import { ShardSet } from './shards/shard-set.js';
import { WorkerShard } from './shards/worker-shard.js';
import { HomeLock } from './state/home-lock.js';
import { StateStore } from './state/state-store.js';
import { TemplateSet } from './template/template-set.js';

/** What a fleet stands on; opened together and closed together. */
export interface FleetParts {
  lock: HomeLock;
  state: StateStore;
  pki: Pki;
  templates: TemplateSet;
  /** What clusters have of Rancher's agent from the start. */
  agentManifests: AgentManifests;
  /** Work for later, on one timer. */
  delayer: Delayer;
  /** Where the live halves of clusters are. */
  shards: ShardSet;
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
  const agentManifests = await AgentManifests.open(join(home, 'agent-manifests'));
  await agentManifests.keepOnly(new Set([...state.records()].flatMap(({ agent }) => agent?.manifest ?? [])));
  const delayer = new Delayer(now);
  const tokenKey = createHmac('sha256', Buffer.from(state.secret, 'base64'))
    .update('token-requests')
    .digest('hex');
  const journal =
    settings.shards === 0 ? await Journal.open({ folder: join(home, 'journal'), logger }) : undefined;
  const contextOf = (kind: BackendKind): Omit<BackendContext, 'journal'> => ({
    settings,
    templates,
    agentManifests,
    pki,
    tokenKey,
    now,
    random,
    logger,
    onRequest: metrics.requestCounter(kind),
  });
  const backends = new BackendSet({
    create: {
      ...(journal === undefined
        ? {}
        : { memory: () => new MemoryBackend({ ...contextOf('memory'), journal }) }),
      'kwok-shared': () =>
        new KwokSharedBackend(contextOf('kwok-shared'), { kubeconfig: settings.mainKubeconfig }),
      'kwok-dedicated': () => new KwokDedicatedBackend(contextOf('kwok-dedicated')),
    },
    hasLeftovers: { 'kwok-dedicated': async () => (await presentClusters(settings)).length > 0 },
    now,
    logger,
  });
  const doors = await doorFolder(home, settings.shards);
  const { secret } = state;
  const shards = new ShardSet({
    createLocal: (events) =>
      new LocalHost({
        rancherURL: settings.rancherURL,
        secret,
        pki,
        backends,
        ...(journal === undefined ? {} : { journal }),
        delayer,
        events,
        now,
        random,
        logger,
      }),
    createWorkers: (events) =>
      Array.from(
        { length: settings.shards },
        (_, index) =>
          new WorkerShard({
            boot: () => ({
              index,
              of: settings.shards,
              settings,
              secret,
              tokenKey,
              caCert: pki.caCert,
              leaf: pki.leaf,
              doorPath: join(doors, `shard-${index}.sock`),
            }),
            templates,
            agentManifests,
            events,
            delayer,
            now,
            logger,
          }),
      ),
    now,
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
  const parts: FleetParts = { lock, state, pki, templates, agentManifests, delayer, shards, rancher };
  return parts;
}

/** Closes what {@link openParts} opened; writes what is left to write. */
export async function closeParts(parts: FleetParts): Promise<void> {
  await parts.rancher.close();
  await parts.shards.close();
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
