// Holds a whole fleet against an independent stand-in for Rancher, given by --peer (a program with the commands and
// flags of `rancher-peer serve`): all clusters Active, a kill -9 and restart, a loss of tunnels, and no violation.
//
//   node --conditions=@scale-cluster/source --import tsx tools/peer/drive.mjs --peer PATH [--clusters 50] [--canary 20] [--backend memory]
//        [--kill] [--kill-main] [--drop 0.3] [--rotate] [--hold 30] [--delete-in-rancher] [--delete] [--profile FOLDER] [--peer-flag=FLAG]…
import { fork, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Agent, request } from 'node:https';

const { values: options } = parseArgs({
  options: {
    peer: { type: 'string' },
    clusters: { type: 'string', default: '50' },
    canary: { type: 'string', default: '20' },
    backend: { type: 'string', default: 'memory' },
    kill: { type: 'boolean', default: false },
    'kill-main': { type: 'boolean', default: false },
    drop: { type: 'string', default: '0' },
    hold: { type: 'string', default: '0' },
    rotate: { type: 'boolean', default: false },
    'delete-in-rancher': { type: 'boolean', default: false },
    delete: { type: 'boolean', default: false },
    profile: { type: 'string' },
    timeout: { type: 'string', default: '300' },
    'peer-flag': { type: 'string', multiple: true, default: [] },
  },
});
if (options.peer === undefined) {
  process.stderr.write(
    'usage: drive.mjs --peer PATH [--clusters N] [--kill] [--drop 0.3] [--hold SECONDS] [--delete]\n',
  );
  process.exit(2);
}

const count = Number(options.clusters);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const started = performance.now();
const log = (text) =>
  process.stdout.write(`${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s  ${text}\n`);

const folder = await mkdtemp(join(tmpdir(), 'peer-drive-'));
const port = await freePort();
const localPort = await freePort();
const mainPort = await freePort();
const peer = spawn(
  options.peer,
  [
    'serve',
    '--listen',
    `127.0.0.1:${port}`,
    '--token',
    'token-peer:secret',
    '--ca-out',
    join(folder, 'ca.pem'),
    '--canary',
    options.canary,
    ...options['peer-flag'],
  ],
  { stdio: ['ignore', 'inherit', 'inherit'] },
);
let fleet;
let failed = false;
let killed = 0;
process.on('exit', () => {
  peer.kill();
  fleet?.process.kill('SIGKILL');
});
process.on('SIGINT', () => process.exit(130));

try {
  await waitFor('the peer to answer', () => peerGet('/ping'), 20);
  fleet = await startFleet();
  const names = Array.from({ length: count }, (_, index) => `sim-${String(index).padStart(5, '0')}`);
  const results = await fleet.call('create', names);
  log(`${results.filter((one) => one.error === undefined).length} clusters recorded`);
  await allActive('created');

  if (options.kill) {
    fleet.process.kill('SIGKILL');
    await sleep(2000);
    // The peer can't know that this loss was meant.
    killed = (await peerGet('/peer/stats')).violations.kinds['tunnel-lost'] ?? 0;
    fleet = await startFleet();
    log('killed and restarted');
    await sleep(3000);
    await allActive('after kill -9 and restart');
  }
  if (options['kill-main']) {
    const pids = join(folder, 'home', 'kwok', 'clusters', 'main-cluster', 'pids');
    process.kill(Number(await readFile(join(pids, 'kube-apiserver.pid'), 'utf8')), 'SIGKILL');
    const from = performance.now();
    const phase = async () => {
      const { backends } = await fleet.call('summary');
      return backends.find(({ kind }) => kind === 'kwok-shared').phase;
    };
    await waitFor('the loss to be noticed', async () => ((await phase()) === 'ready' ? undefined : true), 20);
    await waitFor(
      'the main cluster to be repaired',
      async () => ((await phase()) === 'ready' ? true : undefined),
      60,
    );
    log(
      `main cluster repaired ${((performance.now() - from) / 1000).toFixed(1)} s after its kube-apiserver was killed`,
    );
    await allActive('after the loss of the main cluster');
  }
  if (Number(options.drop) > 0) {
    await peerGet(`/peer/drop?fraction=${options.drop}&tunnel=both`, 'POST');
    log(`dropped ${options.drop} of the tunnels`);
    await sleep(3000);
    await allActive('after the drop');
  }
  if (options.rotate) {
    await peerGet('/peer/rotate-tokens?grace=0s', 'POST');
    await peerGet('/peer/drop?fraction=0.3&tunnel=both', 'POST');
    log('rotated all registration tokens and dropped 0.3 of the tunnels');
    await sleep(3000);
    await allActive('after the rotation');
  }
  if (Number(options.hold) > 0) {
    log(`holding for ${options.hold} s`);
    await sleep(Number(options.hold) * 1000);
    await allActive('after the hold');
  }
  if (options['delete-in-rancher']) {
    const [name] = names;
    const { items } = await fleet.call('list', { prefix: name });
    await peerGet(`/v3/clusters/${items[0].rancherId}`, 'DELETE');
    const from = performance.now();
    await waitFor(
      'the deletion in Rancher to be noticed',
      async () => ((await fleet.call('list', { prefix: name })).total === 0 ? true : undefined),
      30,
    );
    log(`deletion in Rancher cleaned up after ${((performance.now() - from) / 1000).toFixed(1)} s`);
  }
  if (options.delete) {
    await fleet.call('delete', names);
    await waitFor(
      'all clusters to be gone',
      async () => ((await fleet.call('names')).length === 0 ? true : undefined),
      Number(options.timeout),
    );
    log('all deleted');
  }
  const stats = await peerGet('/peer/stats');
  await writeFile(join(folder, 'stats.json'), JSON.stringify(stats, null, 2));
  const kinds = { ...stats.violations.kinds };
  if (killed > 0 && (kinds['tunnel-lost'] -= killed) === 0) delete kinds['tunnel-lost'];
  log(`violations (without ${killed} tunnels that ended by the kill): ${JSON.stringify(kinds)}`);
  failed = Object.keys(kinds).length > 0;
  const summary = await fleet.call('summary');
  log(
    `fleet: ${JSON.stringify({ ...summary, requests: summary.requests.total, byVerb: summary.requests.byVerbAndCode })}`,
  );
  const ended = new Promise((resolve) => fleet.process.once('exit', resolve));
  await fleet.call('close').catch(() => undefined);
  await ended;
} catch (error) {
  failed = true;
  process.stderr.write(`${error.stack}\n`);
}
if (options.backend !== 'memory') {
  // A fleet that ends leaves its KWOK clusters for the next one.
  const { removeKwokClusters } = await import('@scale-cluster/cluster-sim');
  await removeKwokClusters({ home: join(folder, 'home') });
}
process.stdout.write(failed ? `FAILED, see ${folder}\n` : 'OK\n');
if (!failed) await rm(folder, { recursive: true, force: true });
process.exit(failed ? 1 : 0);

async function allActive(when) {
  let last = '';
  await waitFor(
    `all clusters to be active ${when}`,
    async () => {
      const { phases, total } = await fleet.call('summary');
      const text = Object.entries(phases)
        .filter(([, n]) => n > 0)
        .map(([phase, n]) => `${phase} ${n}`)
        .join(', ');
      if (text !== last) log((last = text));
      if (phases.active !== count || total !== count) return undefined;
      const stats = await peerGet('/peer/stats');
      const active = stats.clusters?.active ?? stats.active ?? stats.states?.active;
      return active === count ? true : undefined;
    },
    Number(options.timeout),
  );
  const summary = await fleet.call('summary');
  const times = Object.entries(summary.stageTimings).map(
    ([stage, t]) => `${stage} ${Math.round(t.p50)}/${Math.round(t.p99)}`,
  );
  log(
    `all ${count} active ${when}; RSS ${Math.round(summary.memory.rssBytes / 2 ** 20)} MiB; ms p50/p99: ${times.join(', ')}`,
  );
}

async function startFleet() {
  const child = fork(new URL('fleet-process.mjs', import.meta.url), [], {
    execArgv: [
      ...process.execArgv,
      ...(options.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`]),
    ],
    env: {
      ...process.env,
      SCALE_AGENT_HOME: join(folder, 'home'),
      SCALE_AGENT_RANCHER_URL: `https://127.0.0.1:${port}`,
      SCALE_AGENT_BEARER_TOKEN: 'token-peer:secret',
      SCALE_AGENT_LOCAL_API_PORT: String(localPort),
      SCALE_AGENT_BACKEND: options.backend,
      SCALE_AGENT_MAIN_API_PORT: String(mainPort),
    },
  });
  const waiting = new Map();
  let next = 0;
  await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the fleet ended with ${code}`)));
    child.on('message', ({ ready, id, result, error }) => {
      if (ready) return resolve();
      const { accept, refuse } = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) accept(result);
      else refuse(new Error(error));
    });
  });
  child.on('exit', () => waiting.forEach(({ refuse }) => refuse(new Error('the fleet ended'))));
  return {
    process: child,
    call: (call, argument) =>
      new Promise((accept, refuse) => {
        waiting.set(++next, { accept, refuse });
        child.send({ id: next, call, argument });
      }),
  };
}

async function peerGet(path, method = 'GET') {
  const ca = await readFile(join(folder, 'ca.pem'), 'utf8');
  return new Promise((resolve, reject) => {
    const call = request(
      `https://127.0.0.1:${port}${path}`,
      { method, agent: new Agent({ ca }), headers: { Authorization: 'Bearer token-peer:secret' } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece) => (text += piece));
        response.on('end', () => {
          if (response.statusCode >= 300) return reject(new Error(`${path}: ${response.statusCode} ${text}`));
          try {
            resolve(JSON.parse(text));
          } catch {
            resolve(text);
          }
        });
      },
    );
    call.on('error', reject);
    call.end();
  });
}

async function waitFor(what, check, seconds) {
  const until = performance.now() + seconds * 1000;
  let problem;
  while (performance.now() < until) {
    try {
      const result = await check();
      if (result !== undefined) return result;
    } catch (error) {
      problem = error;
      if (fleet?.process.exitCode != null) throw error;
    }
    await sleep(500);
  }
  throw new Error(`waited ${seconds} s for ${what}${problem === undefined ? '' : `: ${problem.message}`}`);
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}
