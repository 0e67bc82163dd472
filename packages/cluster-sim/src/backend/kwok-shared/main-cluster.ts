import { BinaryMissingError, PortInUseError, type CreateClusterOptions } from '@scale-cluster/kwok-driver';
import { errorText } from '../../errors.js';
import type { Logger } from '../../logger.js';
import type { BackendPhase, BackendStatus } from '../backend.js';
import { ApiConnection } from '../http-objects/api-connection.js';
import { readCredentials } from '../kwok/admin-credentials.js';
import type { PortPool } from '../kwok/port-pool.js';
import { diagnose, speaksHttp, type MainDriver, type MainWishes, type Repair } from './main-diagnosis.js';
import { customStatus, customStatusAnnotation } from './mirror-metadata.js';
import { portOwner } from './port-owner.js';

export interface MainClusterOptions extends MainWishes {
  driver: MainDriver;
  /** Where its other ports come from. */
  ports: Pick<PortPool, 'take' | 'release'>;
  /** A kubeconfig that gets the context `kwok-<name>`. @default none */
  kubeconfig?: string | undefined;
  /** It answers; called again after each time that it didn't. */
  onReady(connection: ApiConnection): void;
  /** It doesn't answer any more, or is about to be repaired. */
  onAway(): void;
  now: () => number;
  logger: Logger;
  /** How often it is looked at. @default 3000 */
  checkIntervalMs?: number;
  /** The longest pause after a repair that failed; the first is the interval. @default 15000 */
  longestPauseMs?: number;
  /** How long it may not answer, though all its processes run, before it is restarted. @default 20000 */
  patienceMs?: number;
}

const answerMs = 5_000;

/** Admission that asks for what only logical clusters have: service accounts, priority classes and the like. */
const uselessAdmission = [
  'ServiceAccount',
  'DefaultTolerationSeconds',
  'LimitRanger',
  'Priority',
  'RuntimeClass',
  'TaintNodesByCondition',
  'PodSecurity',
];

/** One pool of addresses for the pods of all clusters: no two pods have the same. */
const podCidr = '10.128.0.0/9';

/**
 * Sees to it that there is a main cluster that works: made when there is none, taken over when there is one, started,
 * restarted or made anew when it is broken. It is looked at again and again; whatever fails is tried again.
 */
export class MainCluster {
  readonly #abort = new AbortController();
  #status: BackendStatus;
  #connection: ApiConnection | undefined;
  #isAnnounced = false;
  /** Since when it hasn't answered, though it should. */
  #silentSince: number | undefined;
  #wasRestarted = false;
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  constructor(private readonly options: MainClusterOptions) {
    this.#status = { phase: 'starting', message: 'looking for the main cluster', since: options.now() };
  }

  status(): BackendStatus {
    return this.#status;
  }

  /** Begins to look after it. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Stops looking after it; it goes on by itself. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#wake?.();
    await this.#running;
    await this.#leave();
  }

  async #run(): Promise<void> {
    const { checkIntervalMs = 3_000, longestPauseMs = 15_000 } = this.options;
    /** Repairs in a row, whether they failed or just didn't help. */
    let repairs = 0;
    while (!this.#abort.signal.aborted) {
      try {
        repairs = (await this.#look()) ? repairs + 1 : 0;
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        this.#be('failed', await this.#explain(error));
        repairs += 1;
      }
      // After the first repair it is looked at at once.
      const pauseMs =
        repairs === 1 ? 0 : Math.min(longestPauseMs, checkIntervalMs * 2 ** Math.min(repairs, 10));
      if (!this.#abort.signal.aborted) await this.#pause(pauseMs);
    }
  }

  /** Puts right what is wrong, if anything is; answers whether something was. */
  async #look(): Promise<boolean> {
    const { driver } = this.options;
    const found = await diagnose(driver, this.options);
    if (found !== undefined) {
      await this.#repair(found.repair, found.reason);
      return true;
    }
    const connection = (this.#connection ??= new ApiConnection(
      await readCredentials(driver.kubeconfigPath(this.options.name)),
    ));
    const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(answerMs)]);
    if (!(await connection.isOk('/readyz', signal))) return this.#isSilent();
    this.#isReady(connection);
    return false;
  }

  #isReady(connection: ApiConnection): void {
    this.#silentSince = undefined;
    this.#wasRestarted = false;
    this.#be('ready', '');
    if (this.#isAnnounced) return;
    this.#isAnnounced = true;
    this.options.onReady(connection);
  }

  /** All its processes run, and yet it doesn't say that it is ready. Answers whether something was done about it. */
  async #isSilent(): Promise<boolean> {
    const { now, patienceMs = 20_000, apiPort, driver, name } = this.options;
    if (this.#abort.signal.aborted) return false;
    if (await speaksHttp(apiPort)) {
      await this.#repair('recreate', 'it serves HTTP where HTTPS is needed');
      return true;
    }
    this.#silentSince ??= now();
    if (now() - this.#silentSince < patienceMs) {
      this.#be(this.#isAnnounced ? 'repairing' : 'starting', 'its kube-apiserver is not ready');
      return false;
    }
    this.#silentSince = undefined;
    const reason = 'its kube-apiserver runs and does not get ready';
    if (this.#wasRestarted) await this.#repair('recreate', reason);
    else {
      this.#wasRestarted = true;
      this.#be('repairing', `restarting the main cluster: ${reason}`);
      await this.#leave();
      await driver.stop(name, { signal: this.#abort.signal });
      await driver.start(name, { signal: this.#abort.signal });
    }
    return true;
  }

  async #repair(repair: Repair, reason: string): Promise<void> {
    const { driver, name, kubeconfig } = this.options;
    const { signal } = this.#abort;
    const words = { create: 'making', recreate: 'making anew', start: 'starting' } as const;
    this.#be(this.#isAnnounced ? 'repairing' : 'starting', `${words[repair]} the main cluster: ${reason}`);
    await this.#leave();
    if (repair === 'start') {
      await driver.start(name, { signal });
      return;
    }
    if (repair === 'recreate') {
      const context = kubeconfig === undefined ? {} : { kubeconfig };
      await driver.delete(name, { signal, ignoreNotFound: true, ...context });
    }
    await this.#create();
  }

  async #create(): Promise<void> {
    const { driver, name, apiPort, auditPolicy, kubeconfig, ports } = this.options;
    const [etcd, etcdPeer, kwokController] = await ports.take(3);
    const create: CreateClusterOptions = {
      name,
      ports: { kubeApiserver: apiPort, etcd, etcdPeer, kwokController },
      disable: ['kube-controller-manager', 'kube-scheduler'],
      disableQpsLimits: true,
      extraArgs: {
        'kube-apiserver': { 'disable-admission-plugins': uselessAdmission.join(',') },
        'kwok-controller': {
          cidr: podCidr,
          'disregard-status-with-annotation-selector': `${customStatusAnnotation}=${customStatus}`,
        },
      },
      ...(auditPolicy === undefined ? {} : { auditPolicy }),
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
    };
    try {
      await driver.create(create, { signal: this.#abort.signal });
    } finally {
      // They are the cluster's own now, or nobody's.
      ports.release([etcd, etcdPeer, kwokController].filter((port) => port !== undefined));
    }
  }

  /** Whoever uses the connection is told that it ends. */
  async #leave(): Promise<void> {
    if (this.#isAnnounced) this.options.onAway();
    this.#isAnnounced = false;
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
  }

  async #explain(error: unknown): Promise<string> {
    if (error instanceof PortInUseError) {
      const owner = await portOwner(error.port);
      const who = owner === undefined ? 'another process' : `pid ${owner.pid} (${owner.command})`;
      return `port ${error.port}, wanted by ${error.component}, is taken by ${who}; end it or set MainAPIPort`;
    }
    if (error instanceof BinaryMissingError) return error.message;
    return errorText(error);
  }

  #be(phase: BackendPhase, message: string): void {
    const { now, logger, name } = this.options;
    const { phase: former, message: before } = this.#status;
    if (phase === former && message === before) return;
    this.#status = { phase, message, since: phase === former ? this.#status.since : now() };
    const line = { mainCluster: name, phase };
    if (phase === 'failed') logger.error(line, message);
    else logger.info(line, message === '' ? 'the main cluster is ready' : message);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
