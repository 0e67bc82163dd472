import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeKwokClusters, type BackendKind } from '@scale-cluster/cluster-sim';
import { startFakeRancher } from '@scale-cluster/fake-rancher';
import { KwokctlDriver } from '@scale-cluster/kwok-driver';
import { FleetProcess } from './fleet.js';
import { memoryOf, type Memory } from './memory.js';

/** What a backend took for its clusters. */
export interface Measured {
  readonly backend: BackendKind;
  readonly clusters: number;
  /** From the request until Rancher called all of them active. */
  readonly seconds: number;
  /** From the request until a cluster was active: the middle and the last. */
  readonly activeMs: { readonly p50: number; readonly max: number };
  /** The agent's own before there was a cluster. */
  readonly empty: Memory;
  /** The agent and all processes of KWOK, with all clusters active. */
  readonly full: Memory;
  readonly processes: number;
}

/** Brings up clusters of a backend in an agent of their own, measures, and takes all down. */
export async function measure(backend: BackendKind, clusters: number, timeoutMs: number): Promise<Measured> {
  const home = await mkdtemp(join(tmpdir(), 'bench-backends-'));
  // Rancher looks at its clusters every 15 s, which would hide how long clusters take; more often is work of its own.
  const rancher = await startFakeRancher({ checkIntervalMs: 5000 });
  let fleet: FleetProcess | undefined;
  try {
    fleet = await FleetProcess.start({ backend, home, rancher, mainPort: await freePort() });
    await fleet.collect();
    const empty = memoryOf([fleet.pid]);
    const startedAt = performance.now();
    await fleet.create(Array.from({ length: clusters }, (_, index) => `bench-${index + 1}`));
    await allActive(fleet, clusters, timeoutMs);
    const seconds = (performance.now() - startedAt) / 1000;
    const { stageTimings } = await fleet.summary();
    const violations = rancher.violations();
    if (violations.length > 0)
      throw new Error(`${violations.length} violations, the first: ${JSON.stringify(violations[0])}`);
    await fleet.collect();
    const pids = [fleet.pid, ...(await kwokProcesses(home))];
    const { p50, max } = stageTimings.active;
    return {
      backend,
      clusters,
      seconds,
      activeMs: { p50, max },
      empty,
      full: memoryOf(pids),
      processes: pids.length,
    };
  } finally {
    await fleet?.close().catch(() => fleet?.kill());
    await rancher.close();
    await removeKwokClusters({ home });
    await rm(home, { recursive: true, force: true });
  }
}

async function allActive(fleet: FleetProcess, clusters: number, timeoutMs: number): Promise<void> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const { phases } = await fleet.summary();
    if (phases.active === clusters) return;
    if (performance.now() > until)
      throw new Error(`not all clusters are active after ${timeoutMs / 1000} s: ${JSON.stringify(phases)}`);
    await sleep(200);
  }
}

/** Of all clusters that kwokctl has in the home. */
async function kwokProcesses(home: string): Promise<number[]> {
  const workDir = join(home, 'kwok');
  const driver = new KwokctlDriver({ workDir });
  const names = await readdir(join(workDir, 'clusters')).catch(() => []);
  const processes = await Promise.all(names.map((name) => driver.processes(name)));
  return processes.flat().map(({ pid }) => pid);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
