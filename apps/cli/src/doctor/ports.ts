import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Settings } from '@scale-cluster/cluster-sim';
import { plural } from '../output/format.js';
import { fail, ok, warn, type Finding } from './finding.js';

const PING_PORT = 6080;

/** Whether the ports in the settings can be had, with those of `count` clusters where each has its own. */
export async function checkPorts(settings: Settings, count = 0): Promise<Finding[]> {
  const { listenAddress, listenPort, localAPIPort, pprof, pprofPort, proxyBasePort } = settings;
  if (await agentAnswers(listenAddress, listenPort)) {
    return [
      ok('ports', `an agent is running on ${listenAddress}:${listenPort} already; its ports are taken by it`),
    ];
  }
  const wanted = [
    { setting: 'ListenPort', host: listenAddress, port: listenPort, needed: true },
    { setting: 'LocalAPIPort', host: listenAddress, port: localAPIPort, needed: true },
    ...(pprof ? [{ setting: 'PprofPort', host: '127.0.0.1', port: pprofPort, needed: true }] : []),
    { setting: 'the ping server', host: '127.0.0.1', port: PING_PORT, needed: false },
  ].filter(({ port }) => port !== 0);
  const findings = await Promise.all(wanted.map(checkPort));
  if (proxyBasePort !== 0) findings.push(checkProxyPorts(proxyBasePort, count));
  return findings;
}

/** Those in use are stepped over, so what counts is how many there are above the first. */
function checkProxyPorts(basePort: number, count: number): Finding {
  const there = 65_536 - basePort;
  const message = `${there} from ${basePort} up, one for each of ${plural(count, 'cluster')}`;
  return there >= count
    ? ok('cluster ports', message)
    : fail('cluster ports', message, 'choose a lower ProxyBasePort, or 0 for none');
}

async function checkPort(wanted: {
  setting: string;
  host: string;
  port: number;
  needed: boolean;
}): Promise<Finding> {
  const { setting, host, port, needed } = wanted;
  const name = `port ${port}`;
  const error = await tryPort(host, port);
  if (error === undefined) return ok(name, `free on ${host} for ${setting}`);
  const message = `can't be had on ${host} for ${setting}: ${error}`;
  return needed
    ? fail(name, message, `stop the other program, or choose another ${setting} in the settings`)
    : warn(name, message, 'the agent works without it; only http://127.0.0.1:6080/ping will be missing');
}

async function tryPort(host: string, port: number): Promise<string | undefined> {
  const server = createServer().listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
  server.close();
  await once(server, 'close');
  return undefined;
}

async function agentAnswers(host: string, port: number): Promise<boolean> {
  const target = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  try {
    const response = await fetch(`http://${target}:${port}/health`, { signal: AbortSignal.timeout(2000) });
    return ((await response.json()) as { status?: unknown }).status === 'ok';
  } catch {
    return false;
  }
}
