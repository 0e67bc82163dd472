import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { busyShare } from '../event-loop/busy-share.js';
import type { EventLoopDelay } from '../event-loop/event-loop-delay.js';
import { memoryAvailable, memoryTotal } from '../preflight/memory.js';
import type { LoadSample } from './judge.js';

/** Measures this process from each call of `sample` to the next. */
export class LoadSampler {
  readonly #busyShare = busyShare();
  #cpu = process.cpuUsage();
  #at = performance.now();

  /** Nothing else may turn `delay`. */
  constructor(private readonly delay: EventLoopDelay) {}

  sample(): LoadSample {
    const cpu = process.cpuUsage();
    const at = performance.now();
    const cpuMs = (cpu.user + cpu.system - this.#cpu.user - this.#cpu.system) / 1000;
    const { heap_size_limit: heapLimitBytes, used_heap_size: heapUsedBytes } = getHeapStatistics();
    const sample: LoadSample = {
      eventLoopDelayP99Ms: this.delay.turn(),
      eventLoopShare: this.#busyShare(),
      cpuCores: at > this.#at ? cpuMs / (at - this.#at) : 0,
      cores: availableParallelism(),
      memoryAvailableBytes: memoryAvailable(),
      memoryTotalBytes: memoryTotal(),
      heapUsedBytes,
      heapLimitBytes,
    };
    this.#cpu = cpu;
    this.#at = at;
    return sample;
  }
}
