import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { Logger } from '../logger.js';
import { recordCpuProfile } from './cpu-profile.js';
import { ProfiledThreads, type ProfiledThread, type ShardInspectors } from './threads.js';

const DEFAULT_SECONDS = 30;
const MAX_SECONDS = 600;

/** Options of {@link startPprofServer}; `port` 0 takes any free one. */
export interface PprofServerOptions {
  readonly port: number;
  readonly host?: string;
  readonly logger: Logger;
  /** Whose shards can be profiled too. */
  readonly fleet: ShardInspectors;
}

/** A running profile server. */
export interface PprofServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves profiles under the paths of Go's net/http/pprof, so `go tool pprof http://…/debug/pprof/heap` works.
 * Loopback only: a profile tells much about a process. Rejects when the port cannot be had.
 */
export async function startPprofServer(options: PprofServerOptions): Promise<PprofServer> {
  const host = options.host ?? '127.0.0.1';
  const threads = new ProfiledThreads(options.fleet);
  const server = createServer((request, response) => {
    answer(request, response, threads).catch((error: unknown) => {
      options.logger.warn({ err: error, url: request.url }, 'profile failed');
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end('profile failed; see the log of the agent\n');
    });
  });
  server.listen(options.port, host);
  await once(server, 'listening');
  await threads.start();
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    close: () => close(server, threads),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  threads: ProfiledThreads,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://agent');
  switch (url.pathname.replace(/\/$/, '')) {
    case '/debug/pprof':
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(
        'profile?seconds=30  CPU, in pprof format\nheap                living objects, in pprof format\n\n' +
          'Of the main thread; with shard=0 (and so on) of the thread of a shard, where the clusters are.\n\n' +
          `go tool pprof http://${request.headers.host ?? '127.0.0.1'}/debug/pprof/heap?shard=0\n`,
      );
      return;
    case '/debug/pprof/profile': {
      const seconds = Number(url.searchParams.get('seconds') ?? DEFAULT_SECONDS);
      if (!(seconds > 0 && seconds <= MAX_SECONDS)) {
        response.writeHead(400, { 'content-type': 'text/plain' });
        response.end(`seconds must be a number above 0 and at most ${MAX_SECONDS}\n`);
        return;
      }
      const abandoned = new AbortController();
      response.once('close', () => abandoned.abort());
      const thread = threadOf(url, response, threads);
      if (thread !== undefined)
        sendProfile(response, 'profile', await recordCpuProfile(thread.inspector, seconds, abandoned.signal));
      return;
    }
    case '/debug/pprof/heap': {
      const thread = threadOf(url, response, threads);
      if (thread !== undefined) sendProfile(response, 'heap', await thread.heap());
      return;
    }
    default:
      response.writeHead(404, { 'content-type': 'text/plain' });
      response.end('no such profile; see /debug/pprof/\n');
  }
}

/** The thread that is asked for; undefined when there is no such, which is answered. */
function threadOf(url: URL, response: ServerResponse, threads: ProfiledThreads): ProfiledThread | undefined {
  const shard = url.searchParams.get('shard');
  try {
    return threads.get(shard === null ? undefined : Number(shard));
  } catch (error) {
    response.writeHead(404, { 'content-type': 'text/plain' });
    response.end(`${(error as Error).message}\n`);
    return undefined;
  }
}

function sendProfile(response: ServerResponse, name: string, bytes: Buffer): void {
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename="${name}.pb.gz"`,
    'content-length': bytes.length,
  });
  response.end(bytes);
}

async function close(server: Server, threads: ProfiledThreads): Promise<void> {
  threads.stop();
  server.closeAllConnections();
  if (server.listening) await new Promise((resolve) => server.close(resolve));
}
