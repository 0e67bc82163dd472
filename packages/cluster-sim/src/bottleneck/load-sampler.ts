import { availableParallelism } from 'node:os';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { busyShare } from '../event-loop/busy-share.js';
import { resolutionMs } from '../event-loop/event-loop-delay.js';
import { memoryAvailable, memoryTotal } from '../preflight/memory.js';
import type { LoadSample } from './judge.js';

/** Measures this process from each call of `sample` to the next. */
export class LoadSampler {
  readonly #delay = monitorEventLoopDelay({ resolution: resolutionMs });
  readonly #busyShare = busyShare();
  #cpu = process.cpuUsage();
  #at = performance.now();

  constructor() {
    this.#delay.enable();
  }

  sample(): LoadSample {
    const cpu = process.cpuUsage();
    const at = performance.now();
    const cpuMs = (cpu.user + cpu.system - this.#cpu.user - this.#cpu.system) / 1000;
    const { heap_size_limit: heapLimitBytes, used_heap_size: heapUsedBytes } = getHeapStatistics();
    const sample: LoadSample = {
      // What is measured is the time between ticks: the delay is what it has beyond the resolution.
      eventLoopDelayP99Ms: Math.max(0, this.#delay.percentile(99) / 1e6 - resolutionMs),
      eventLoopShare: this.#busyShare(),
      cpuCores: at > this.#at ? cpuMs / (at - this.#at) : 0,
      cores: availableParallelism(),
      memoryAvailableBytes: memoryAvailable(),
      memoryTotalBytes: memoryTotal(),
      heapUsedBytes,
      heapLimitBytes,
    };
    this.#delay.reset();
    this.#cpu = cpu;
    this.#at = at;
    return sample;
  }

  close(): void {
    this.#delay.disable();
  }
}
