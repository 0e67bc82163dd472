import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Inspector, type Thread } from './inspector.js';
import {
  CodeMap,
  summarizeCpu,
  summarizeHeap,
  type CpuProfile,
  type HeapProfile,
} from './profile-summary.js';

/** Bytes between two samples of what is allocated. */
const heapSampleBytes = 16 * 1024;

/**
 * Profiles of the agent, all threads: files for Chrome's DevTools or VS Code (`.cpuprofile`, `.heapprofile`,
 * `.heapsnapshot`), and what is most in them as text.
 */
export class Profiler {
  readonly #folder: string;
  readonly #code: CodeMap;
  #inspector: Inspector | undefined;

  constructor(folder: string, program: string) {
    this.#folder = resolve(folder);
    mkdirSync(folder, { recursive: true });
    this.#code = new CodeMap(program);
  }

  /** From now on it is known what is allocated where. */
  async attach(url: string): Promise<void> {
    this.#inspector = await Inspector.connect(url, async (thread) => {
      await thread.send('Profiler.enable');
      await thread.send('HeapProfiler.startSampling', { samplingInterval: heapSampleBytes });
    });
  }

  async detach(): Promise<void> {
    this.#inspector?.close();
    this.#inspector = undefined;
  }

  async startCpu(): Promise<void> {
    for (const thread of this.#threads) await thread.send('Profiler.start');
  }

  /** Writes a file per thread and answers a summary; threads that began meanwhile are left out. */
  async stopCpu(phase: string): Promise<string> {
    const summaries: string[] = [];
    for (const thread of this.#threads) {
      const stopped = await thread.send<{ profile: CpuProfile }>('Profiler.stop').catch(() => undefined);
      if (stopped === undefined) continue;
      writeFileSync(this.#path(`${phase}-${thread.name}.cpuprofile`), JSON.stringify(stopped.profile));
      summaries.push(`${thread.name}: ${summarizeCpu(stopped.profile, this.#code)}`);
    }
    return summaries.join('\n');
  }

  /** Collects garbage, writes what is left on the heaps, and answers a summary. */
  async heap(name: string, clusters: number, snapshot: boolean): Promise<string> {
    const summaries: string[] = [];
    for (const thread of this.#threads) {
      await thread.send('HeapProfiler.collectGarbage');
      const { profile } = await thread.send<{ profile: HeapProfile }>('HeapProfiler.getSamplingProfile');
      writeFileSync(this.#path(`${name}-${thread.name}.heapprofile`), JSON.stringify(profile));
      const memory = await evaluate(thread, 'JSON.stringify(process.memoryUsage())');
      summaries.push(`heap of ${thread.name}: ${summarizeHeap(profile, this.#code, clusters)}\n${memory}`);
      if (!snapshot) continue;
      const file = JSON.stringify(this.#path(`${name}-${thread.name}.heapsnapshot`));
      await evaluate(thread, `process.getBuiltinModule('v8').writeHeapSnapshot(${file})`);
    }
    return summaries.join('\n');
  }

  get #threads(): Inspector['threads'] {
    return this.#inspector?.threads ?? [];
  }

  #path(file: string): string {
    return join(this.#folder, file);
  }
}

/** What an expression amounts to in a thread. */
async function evaluate(thread: Thread, expression: string): Promise<string> {
  const { result } = await thread.send<{ result: { value: string } }>('Runtime.evaluate', { expression });
  return result.value;
}
