import type { Delayer } from '../delayer.js';
import type { Logger } from '../logger.js';
import type { BottleneckView } from '../views.js';
import { BottleneckJudge, type LoadSample } from './judge.js';

export interface BottleneckWatchOptions {
  /** What happened since the call before. */
  sample: () => LoadSample;
  delayer: Pick<Delayer, 'delay'>;
  now: () => number;
  logger: Logger;
}

const periodMs = 10_000;

/** Looks every ten seconds whether this process, and not Rancher, is what things wait for; logs when that begins and ends. */
export class BottleneckWatch {
  readonly #judge = new BottleneckJudge();
  #last: LoadSample | undefined;
  #since: number | undefined;

  constructor(private readonly options: BottleneckWatchOptions) {}

  start(): void {
    this.options.delayer.delay('bottleneck', periodMs, () => {
      this.#look();
      this.start();
    });
  }

  /** Figures are of the last period; zeros before the first has passed. */
  get view(): BottleneckView {
    const {
      eventLoopDelayP99Ms = 0,
      eventLoopShare = 0,
      cpuCores = 0,
      memoryAvailableBytes = 0,
    } = this.#last ?? {};
    const { reasons } = this.#judge;
    return {
      active: reasons.length > 0,
      reasons,
      since: this.#since === undefined ? null : new Date(this.#since).toISOString(),
      eventLoopDelayP99Ms: Math.round(eventLoopDelayP99Ms),
      eventLoopShare: Number(eventLoopShare.toFixed(3)),
      cpuCores: Number(cpuCores.toFixed(3)),
      memoryAvailableBytes,
    };
  }

  #look(): void {
    const { sample, now, logger } = this.options;
    this.#last = sample();
    this.#judge.add(this.#last);
    const { active, reasons, since: _since, ...figures } = this.view;
    if (active && this.#since === undefined) {
      this.#since = now();
      logger.warn(
        { reasons, ...figures },
        'this agent is the bottleneck now: what is measured is not Rancher alone',
      );
    } else if (!active && this.#since !== undefined) {
      const lastedMs = now() - this.#since;
      this.#since = undefined;
      logger.info({ lastedMs, ...figures }, 'this agent is no bottleneck any more');
    }
  }
}
