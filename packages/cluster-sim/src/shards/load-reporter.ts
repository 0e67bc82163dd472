import { LoadSampler } from '../bottleneck/load-sampler.js';
import { busyShare } from '../event-loop/busy-share.js';
import { EventLoopDelay } from '../event-loop/event-loop-delay.js';
import type { LocalHost } from '../host/local-host.js';
import { IdleCollector } from '../idle-collector.js';
import type { Journal } from '../journal/journal.js';
import type { RequestCounts } from '../request-counts.js';
import { threadMemory } from './load.js';
import type { FromShard } from './messages.js';

const loadMs = 2_000;
/** Every so many loads what counts as "the last ten seconds", and as "the last minute", begins anew. */
const sampleTurns = 5;
const minuteTurns = 30;

/** Tells the main thread every two seconds how this one fares. */
export class LoadReporter {
  readonly #delay = new EventLoopDelay();
  readonly #sampler = new LoadSampler(this.#delay);
  readonly #collector = new IdleCollector();
  readonly #busyShare = busyShare();
  readonly #timer: NodeJS.Timeout;
  /** Clusters whose connections have come or gone since the last report. */
  readonly #changed = new Set<string>();
  #sample = this.#sampler.sample();
  #turn = 0;

  constructor(
    private readonly host: LocalHost,
    private readonly requests: RequestCounts,
    private readonly journal: Journal,
    private readonly send: (message: FromShard) => void,
  ) {
    this.#timer = setInterval(() => this.#report(), loadMs);
  }

  /** To be called when a connection through a tunnel of the cluster came or went. */
  connectionsChanged(uid: string): void {
    this.#changed.add(uid);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#delay.close();
  }

  #report(): void {
    this.#turn += 1;
    if (this.#turn % sampleTurns === 0) {
      this.#sample = this.#sampler.sample();
      this.#collector.look(this.#sample.eventLoopShare);
    }
    if (this.#turn % minuteTurns === 0) this.#delay.turnMinute();
    this.send({
      type: 'load',
      load: {
        eventLoop: this.#delay.figures,
        delays: this.#delay.counts,
        busyShare: this.#busyShare(),
        sample: this.#sample,
        memory: threadMemory(),
        requests: this.requests.figures,
        journal: this.journal.stats,
      },
    });
    this.#reportConnections();
  }

  #reportConnections(): void {
    if (this.#changed.size === 0) return;
    const counts = [...this.#changed].map((uid) => {
      const { cluster, steve } = this.host.get(uid)?.tunnels ?? {};
      return [uid, cluster?.connections ?? 0, steve?.connections ?? 0] as const;
    });
    this.#changed.clear();
    this.send({ type: 'connections', counts });
  }
}
