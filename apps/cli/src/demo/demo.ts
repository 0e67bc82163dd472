import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, startAgent, type RunningAgent } from '@scale-cluster/agent';
import {
  loadSettings,
  missingKwokPrograms,
  removeKwokClusters,
  type BackendKind,
  type FleetSummary,
  type Settings,
} from '@scale-cluster/cluster-sim';
import { AgentClient } from '../api/client.js';
import { createClusters, getSummary } from '../api/clusters.js';
import { waitForClusters } from '../api/wait.js';
import { writePrivately } from '../commands/kubeconfig.js';
import { cliError } from '../errors.js';
import { PhaseProgress } from '../output/phase-progress.js';
import type { Terminal } from '../output/terminal.js';
import { freePort } from './free-port.js';
import { measureMemory, type Memory } from './memory.js';
import { rancherKubeconfig } from './rancher-kubeconfig.js';
import { startRancherProcess, type RancherProcess, type RancherReport } from './rancher-process.js';

/** What a demo is asked to do. */
export interface DemoOptions {
  readonly backend: BackendKind;
  readonly count: number;
  readonly timeoutMs: number;
  /** Folder of settings and state; a temporary one, removed at the end, unless given or kept. */
  readonly home?: string;
  readonly keep: boolean;
  /** Ends the demo early. */
  readonly signal: AbortSignal;
}

/** What a demo has found. */
export interface DemoResult {
  readonly backend: BackendKind;
  readonly clusters: number;
  readonly seconds: number;
  readonly stageTimings: FleetSummary['stageTimings'];
  readonly memory: { readonly before: Memory; readonly after: Memory };
  readonly rancher: RancherReport;
  readonly urls: { readonly agent: string; readonly rancher: string };
  readonly home: string;
  readonly kubeconfigs: { readonly throughRancher: string; readonly direct: string };
  readonly firstCluster: string;
}

const PREFIX = 'demo';

/**
 * Runs a whole world on this machine: a small Rancher in a child process, the agent in this one, and clusters
 * until Rancher calls all of them active. `onResult` gets the figures while everything still runs, and holds it
 * up as long as it likes; afterwards all is taken down.
 */
export async function runDemo(
  options: DemoOptions,
  terminal: Terminal,
  onResult: (result: DemoResult) => Promise<void>,
): Promise<void> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'scale-cluster-demo-')));
  await mkdir(home, { recursive: true, mode: 0o700 });
  const temporary = options.home === undefined && !options.keep;
  let rancher: RancherProcess | undefined;
  let settings: Settings | undefined;
  let agent: RunningAgent | undefined;
  try {
    rancher = await startRancherProcess();
    terminal.note(`a small Rancher at ${rancher.url}`);
    settings = await demoSettings(home, options.backend, rancher);
    if (options.backend !== 'memory') checkPrograms(settings, terminal);
    const logger = createLogger(settings.logLevel, join(home, 'agent.log'));
    agent = await startAgent(settings, { logger, pingPort: 0 });
    terminal.note(`the agent at ${agent.url}, its files in ${home}`);
    await onResult(await populate(options, terminal, home, agent, rancher));
  } finally {
    await agent?.close();
    await rancher?.close();
    // An agent that ends leaves its KWOK clusters for the next one; after a demo comes none.
    if (settings !== undefined && options.backend !== 'memory') await removeKwokClusters(settings);
    if (temporary) await rm(home, { recursive: true, force: true });
  }
}

/** Throws when there is no kwokctl; what else is missing kwokctl downloads if it can. */
function checkPrograms(settings: Settings, terminal: Terminal): void {
  const missing = missingKwokPrograms(settings);
  const hint =
    'tools/kube-binaries/build.sh builds all with Go >= 1.25 (about 10 minutes); or name a folder that has them: ' +
    'KUBE_BINARIES=/path npm run demo …';
  if (missing.includes('kwokctl')) {
    throw cliError('ERR_CLI_DEMO', `this backend needs programs that are not here: ${missing.join(', ')}`, {
      hint,
    });
  }
  if (missing.length > 0) terminal.note(`kwokctl will download ${missing.join(', ')}; if it can't: ${hint}`);
}

async function demoSettings(home: string, backend: BackendKind, rancher: RancherProcess): Promise<Settings> {
  return loadSettings({
    home,
    // The demo must not meet the user's real Rancher.
    env: {},
    overrides: {
      RancherURL: rancher.url,
      BearerToken: rancher.token,
      CACert: rancher.caCert,
      TLSMode: 'strict',
      ListenAddress: '127.0.0.1',
      ListenPort: 0,
      LocalAPIPort: await freePort(),
      Backend: backend,
      MainAPIPort: await freePort(),
      LogLevel: 'info',
      // A real Rancher makes clusters one after the other; the demo's does not.
      ConcurrentCreates: 20,
    },
  });
}

async function populate(
  { backend, count, timeoutMs, signal }: DemoOptions,
  terminal: Terminal,
  home: string,
  agent: RunningAgent,
  rancher: RancherProcess,
): Promise<DemoResult> {
  const client = new AgentClient({
    server: agent.url,
    ...(agent.fleet.settings.apiKey === undefined ? {} : { apiKey: agent.fleet.settings.apiKey }),
  });
  const before = measureMemory();
  const startedAt = performance.now();
  const { results } = await createClusters(client, { prefix: PREFIX, count });
  // With --home, clusters of an earlier demo may be there already: they count as well.
  const names = results.filter(({ status }) => status === 201 || status === 409).map(({ name }) => name);
  const [firstCluster] = names;
  if (firstCluster === undefined || names.length < count) {
    const refused = results.find(({ status }) => status !== 201 && status !== 409);
    throw cliError('ERR_CLI_DEMO', `${refused?.name} could not be created: ${refused?.error}`);
  }
  await waitWithProgress(client, terminal, names, timeoutMs, signal);
  const seconds = (performance.now() - startedAt) / 1000;

  const report = await rancher.report();
  if (report.active < count) {
    throw cliError('ERR_CLI_DEMO', `the agent says all ${count} are active, Rancher only ${report.active}`);
  }
  return {
    backend,
    clusters: count,
    seconds,
    stageTimings: (await getSummary(client)).stageTimings,
    memory: { before, after: measureMemory() },
    rancher: report,
    urls: { agent: agent.url, rancher: rancher.url },
    home,
    kubeconfigs: await writeKubeconfigs(home, agent, rancher, firstCluster),
    firstCluster,
  };
}

async function waitWithProgress(
  client: AgentClient,
  terminal: Terminal,
  names: string[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const progress = new PhaseProgress(terminal, names.length, 'active');
  const onChange = progress.show.bind(progress);
  try {
    await waitForClusters(client, { names, until: 'active', timeoutMs, signal, onChange });
  } finally {
    progress.finish();
  }
}

async function writeKubeconfigs(
  home: string,
  agent: RunningAgent,
  rancher: RancherProcess,
  cluster: string,
): Promise<DemoResult['kubeconfigs']> {
  const throughRancher = join(home, `${cluster}-through-rancher.kubeconfig`);
  const direct = join(home, `${cluster}.kubeconfig`);
  await writePrivately(throughRancher, rancherKubeconfig(rancher, agent.fleet.get(cluster)?.rancherId ?? ''));
  await writePrivately(direct, agent.fleet.kubeconfig(cluster));
  return { throughRancher, direct };
}
