import { Session } from 'node:inspector/promises';
import type { MessagePort } from 'node:worker_threads';
import { join } from 'node:path';
import { BackendSet } from '../backend/backend-set.js';
import { MemoryBackend } from '../backend/memory-backend.js';
import { Delayer } from '../delayer.js';
import { errorText, FleetError, UnknownTemplateError } from '../errors.js';
import type { LocalCluster } from '../host/local-cluster.js';
import { LocalHost } from '../host/local-host.js';
import { Journal } from '../journal/journal.js';
import type { Logger } from '../logger.js';
import { ServerIdentity } from '../pki/server-identity.js';
import { RequestCounts } from '../request-counts.js';
import type { Template } from '../template/load.js';
import { defaultTemplateName } from '../template/template-set.js';
import { openDoor } from './door.js';
import { LoadReporter } from './load-reporter.js';
import type { CallName, FromShard, ShardBoot, ShardCalls, ToShard } from './messages.js';

/** Runs a shard in this thread: clusters in memory with their tunnels, told what to do through `port`. */
export async function serveShard(boot: ShardBoot, port: MessagePort): Promise<void> {
  const send = (message: FromShard): void => port.postMessage(message);
  const logger = forwardingLogger(send);
  const now = (): number => Date.now();
  const random = (): number => Math.random();
  const delayer = new Delayer(now);
  const identity = new ServerIdentity(boot.leaf);
  const requests = new RequestCounts();
  const templates = new GivenTemplates();
  const agentManifests = new Map<string, string>();
  const journal = await Journal.open({
    folder: join(boot.settings.home, 'journal'),
    part: { index: boot.index, of: boot.of },
    logger,
  });
  const backends = new BackendSet({
    create: {
      memory: () =>
        new MemoryBackend({
          settings: boot.settings,
          templates,
          agentManifests,
          pki: { caCert: boot.caCert },
          journal,
          tokenKey: boot.tokenKey,
          now,
          random,
          logger,
          onRequest: (request) => requests.add(request),
        }),
    },
    now,
    logger,
  });
  const host = new LocalHost({
    rancherURL: boot.settings.rancherURL,
    secret: boot.secret,
    pki: identity,
    backends,
    journal,
    delayer,
    events: {
      onTunnels: (uid) => {
        const tunnels = host.get(uid)?.tunnels;
        if (tunnels !== undefined) send({ type: 'tunnels', uid, tunnels: plain(tunnels) });
      },
      onConnections: (uid) => reporter.connectionsChanged(uid),
      onAttemptFailed: (uid, failure) => send({ type: 'attempt-failed', uid, failure }),
    },
    now,
    random,
    logger,
  });
  const door = await openDoor(boot.doorPath, (uid) => host.get(uid));
  const reporter = new LoadReporter(host, requests, journal, send);

  let inspector: Session | undefined;
  const cluster = (uid: string): LocalCluster => {
    const found = host.get(uid);
    if (found === undefined) throw new TypeError(`shard ${boot.index} has no cluster ${uid}`);
    return found;
  };
  const calls: {
    [Name in CallName]: (...args: Parameters<ShardCalls[Name]>) => Promise<ReturnType<ShardCalls[Name]>>;
  } = {
    adopt: async (all) => {
      host.adopt(all, ({ uid, sharesAgent }) => send({ type: 'adopted', uid, facts: { sharesAgent } }));
      await host.adopted('memory');
    },
    provision: async (request) => {
      const { sharesAgent } = await host.provision(request);
      return { sharesAgent };
    },
    remove: (uid) => host.remove({ uid, backend: 'memory' }),
    hasAgent: (uid, credentials) => cluster(uid).hasAgent(credentials),
    installAgent: (uid, registration, manifest) => cluster(uid).installAgent(registration, manifest),
    register: (uid, registration) => cluster(uid).register(registration),
    openTunnels: async (uid, registration, opening) => {
      await cluster(uid).openTunnels(registration, opening);
      const { tunnels } = cluster(uid);
      if (tunnels === undefined) throw new TypeError('tunnels were closed while they were opened');
      return plain(tunnels);
    },
    describe: (uid, at) => cluster(uid).describe(at),
    churn: (uid, name, at) => cluster(uid).churn(name, at),
    clearChurn: (uid) => cluster(uid).clearChurn(),
    inspect: (method, params) =>
      (inspector ??= connected()).post(method as 'Profiler.enable', params as never),
    close: async () => {
      reporter.close();
      delayer.close();
      await door.close();
      await host.close();
    },
  };
  const answer = async (id: number, name: CallName, args: readonly unknown[]): Promise<void> => {
    try {
      const call = calls[name] as (...all: readonly unknown[]) => Promise<unknown>;
      send({ type: 'answer', id, value: await call(...args) });
    } catch (error) {
      const { code, status } = error instanceof FleetError ? error : { code: undefined, status: undefined };
      send({ type: 'failure', id, message: errorText(error), code, status });
    }
    if (name === 'close') port.close();
  };
  port.on('message', (message: ToShard) => {
    if (message.type === 'call') void answer(message.id, message.name, message.args);
    else if (message.type === 'template') templates.add(message.name, message.template);
    else if (message.type === 'agent-manifest') agentManifests.set(message.hash, message.text);
    else identity.renew(message.leaf);
  });
  send({ type: 'ready' });
}

function connected(): Session {
  const session = new Session();
  session.connect();
  return session;
}

/** Getters don't travel. */
const plain = <T extends object>(
  tunnels: Readonly<Record<'cluster' | 'steve', T>>,
): { cluster: T; steve: T } => ({
  cluster: { ...tunnels.cluster },
  steve: { ...tunnels.steve },
});

/** Templates as the main thread has read them. */
class GivenTemplates {
  readonly #templates = new Map<string, Template>();

  add(name: string, template: Template): void {
    this.#templates.set(name, template);
  }

  get(name: string = defaultTemplateName): Template {
    const template = this.#templates.get(name);
    if (template === undefined) throw new UnknownTemplateError(name, [...this.#templates.keys()]);
    return template;
  }
}

function forwardingLogger(send: (message: FromShard) => void): Logger {
  const forward =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: object, message: string): void =>
      send({ type: 'log', level, fields, message });
  return { debug: forward('debug'), info: forward('info'), warn: forward('warn'), error: forward('error') };
}
