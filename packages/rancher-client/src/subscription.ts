import type { ClientRequest, IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { RancherCluster } from './cluster.js';
import { parseCluster } from './cluster.js';
import { fullJitterDelay, pause } from './delay.js';
import { errorFromAnswer, NetworkError } from './errors.js';
import type { RancherHttp } from './http.js';
import type { ResolvedOptions } from './options.js';
import { redactSecrets } from './redact.js';

export interface ClusterEvent {
  name: 'change' | 'remove';
  cluster: RancherCluster;
}

export interface SubscribeOptions {
  /** `['cluster']`; events of other types are asked for but not passed on. */
  resourceTypes: string[];
  /** Ends the subscription. */
  signal: AbortSignal;
  onEvent(event: ClusterEvent): void;
  /**
   * The stream is open. Rancher sends no initial state and no missed events, so list the clusters now: what happens
   * from here on comes as events.
   */
  onConnected(): void;
  /** An attempt has failed or a connection has ended; called once for each, also before the first success. */
  onDisconnected(error?: Error): void;
}

const path = '/v3/subscribe';
const requestName = `GET ${path}`;

/** Follows `/v3/subscribe` (norman `pkg/subscribe/handler.go`) and connects again, with full jitter, until aborted. */
export async function runSubscription(
  http: RancherHttp,
  options: ResolvedOptions,
  subscribe: SubscribeOptions,
): Promise<void> {
  const { signal } = subscribe;
  let failures = 0;
  while (!signal.aborted && !http.closedSignal.aborted) {
    let connected = false;
    let failure: Error | undefined;
    try {
      await follow(http, options, subscribe, () => {
        connected = true;
        subscribe.onConnected();
      });
    } catch (error) {
      failure = error as Error;
    }
    if (signal.aborted || http.closedSignal.aborted) return;
    subscribe.onDisconnected(failure);
    failures = connected ? 0 : failures + 1;
    const delayMs = fullJitterDelay(failures, options.subscription, options.random);
    await pause(delayMs, signal, http.closedSignal).catch(() => undefined);
  }
}

/** One connection, from the upgrade to its end. Rejects if it ends with an error or by silence. */
async function follow(
  http: RancherHttp,
  options: ResolvedOptions,
  subscribe: SubscribeOptions,
  onOpen: () => void,
): Promise<void> {
  const { resourceTypes, signal } = subscribe;
  const trust = await http.trust();
  const { silenceMs, handshakeTimeoutMs } = options.subscription;
  const query = resourceTypes.map((type) => `resourceTypes=${encodeURIComponent(type)}`).join('&');
  const socket = new WebSocket(`${options.url.replace(/^http/, 'ws')}${path}?${query}`, {
    headers: { authorization: `Bearer ${options.token}`, 'user-agent': 'scale-cluster-agent' },
    handshakeTimeout: handshakeTimeoutMs,
    perMessageDeflate: false,
    rejectUnauthorized: trust.rejectUnauthorized,
    ...(trust.ca === undefined ? {} : { ca: trust.ca }),
  });
  await new Promise<void>((resolve, reject) => {
    let lastFrame = performance.now();
    let failure: Error | undefined;
    const fail = (error: Error): void => {
      failure ??= error;
      socket.terminate();
    };
    const abort = (): void => socket.terminate();
    const silence = setInterval(() => {
      if (performance.now() - lastFrame >= silenceMs) {
        fail(lost(`nothing was heard for ${silenceMs / 1000} s`));
      }
    }, silenceMs / 6);
    for (const one of [signal, http.closedSignal]) one.addEventListener('abort', abort, { once: true });
    if (signal.aborted || http.closedSignal.aborted) abort();

    socket.on('open', onOpen);
    socket.on('ping', () => (lastFrame = performance.now()));
    socket.on('message', (data: Buffer) => {
      lastFrame = performance.now();
      const event = parseEvent(data);
      if (event !== undefined) subscribe.onEvent(event);
    });
    socket.on('unexpected-response', (request: ClientRequest, response: IncomingMessage) => {
      void readAnswer(response).then((body) => {
        fail(errorFromAnswer(requestName, response.statusCode ?? 0, redactSecrets(body, [options.token])));
        request.destroy();
      });
    });
    socket.on('error', (error) => {
      failure ??= lost(error.message, error);
    });
    socket.on('close', (code) => {
      clearInterval(silence);
      for (const one of [signal, http.closedSignal]) one.removeEventListener('abort', abort);
      if (failure !== undefined) reject(failure);
      else if (code === 1000 || code === 1001) resolve();
      else reject(lost(`the stream ended with close code ${code}`));
    });
  });
}

function lost(why: string, cause?: Error): NetworkError {
  return new NetworkError('ERR_RANCHER_NETWORK', `${requestName}: ${why}.`, {
    request: requestName,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The first bytes of a refusal's body; never rejects. */
async function readAnswer(response: IncomingMessage): Promise<string> {
  let body = '';
  try {
    for await (const chunk of response) {
      body += String(chunk);
      if (body.length > 4096) break;
    }
  } catch {
    // What has arrived says enough.
  }
  return body;
}

const eventNames: Record<string, ClusterEvent['name'] | undefined> = {
  'resource.change': 'change',
  'resource.create': 'change',
  'resource.remove': 'remove',
};

/** One text frame; undefined for pings, other resources and anything unreadable. Never throws. */
export function parseEvent(data: Buffer): ClusterEvent | undefined {
  try {
    const frame = JSON.parse(data.toString()) as {
      name?: unknown;
      resourceType?: unknown;
      data?: unknown;
    } | null;
    const name = eventNames[String(frame?.name)];
    if (name === undefined || frame?.resourceType !== 'cluster') return undefined;
    const cluster = parseCluster(frame.data);
    return cluster === undefined ? undefined : { name, cluster };
  } catch {
    return undefined;
  }
}
