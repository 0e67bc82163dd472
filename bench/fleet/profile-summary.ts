import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  /** From 0. */
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** The parts of `Profiler.Profile` that are used. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: number[];
  }[];
  readonly samples: readonly number[];
  /** Microseconds. */
  readonly timeDeltas: readonly number[];
}

interface HeapNode {
  readonly callFrame: CallFrame;
  /** Of what was allocated here and is still there. */
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

/** `HeapProfiler.SamplingHeapProfile`. */
export interface HeapProfile {
  readonly head: HeapNode;
}

const shown = 25;
const notOurs = 'not called by us';

/** Tells where bundled code comes from. */
export class CodeMap {
  readonly #map: SourceMap;
  readonly #program: string;

  /** @param program a bundle with its source map beside it */
  constructor(program: string) {
    this.#program = program;
    this.#map = new SourceMap(JSON.parse(readFileSync(`${program}.map`, 'utf8')) as SourceMapPayload);
  }

  /** True for code of this repository. */
  isOurs({ url }: CallFrame): boolean {
    return url.endsWith(this.#program);
  }

  /** `packages/x/src/y.ts:12 name`. */
  describe(frame: CallFrame): string {
    const { functionName, url, lineNumber, columnNumber } = frame;
    const name = functionName === '' ? '(anonymous)' : functionName;
    if (url === '') return name;
    if (!this.isOurs(frame)) return `${url.replace(/^.*\/node_modules\//, '')}:${lineNumber + 1} ${name}`;
    const entry = this.#map.findEntry(lineNumber, columnNumber);
    if (!('originalSource' in entry)) return name;
    return `${entry.originalSource.replace(/^(?:\.\.\/)+/, '')}:${entry.originalLine + 1} ${name}`;
  }
}

/** What used the CPU most: by function, and by the innermost function of this repository that was at work. */
export function summarizeCpu(profile: CpuProfile, code: CodeMap): string {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])),
  );
  const times = new Map<number, number>();
  profile.samples.forEach((id, index) =>
    times.set(id, (times.get(id) ?? 0) + (profile.timeDeltas[index] ?? 0) / 1000),
  );
  const own = new Sums();
  const caused = new Sums();
  const folders = new Sums();
  let busyMs = 0;
  for (const [id, ms] of times) {
    const frame = byId.get(id)?.callFrame;
    if (frame === undefined || /^\((idle|root|program)\)$/.test(frame.functionName)) continue;
    busyMs += ms;
    own.add(code.describe(frame), ms);
    let at: number | undefined = id;
    while (at !== undefined && !code.isOurs(byId.get(at)?.callFrame ?? frame)) at = parents.get(at);
    const owner = at === undefined ? undefined : byId.get(at)?.callFrame;
    const here = owner === undefined ? notOurs : code.describe(owner);
    caused.add(here, ms);
    folders.add(folderOf(here), ms);
  }
  const text = (sums: Sums): string => sums.top((ms) => `${((ms / busyMs) * 100).toFixed(1).padStart(5)} %`);
  return [
    `${busyMs.toFixed(0)} ms in JavaScript and below`,
    ` by function:\n${text(own)}`,
    ` by our function, with what it calls elsewhere:\n${text(caused)}`,
    ` by our folder, with what it calls elsewhere:\n${text(folders)}`,
  ].join('\n');
}

/** What is on the heap, by the innermost function of this repository that allocated it. */
export function summarizeHeap(profile: HeapProfile, code: CodeMap, clusters: number): string {
  const sums = new Sums();
  let total = 0;
  const visit = ({ callFrame, selfSize, children }: HeapNode, owner: string): void => {
    const here = code.isOurs(callFrame) ? code.describe(callFrame) : owner;
    total += selfSize;
    if (selfSize > 0) sums.add(here, selfSize);
    for (const child of children) visit(child, here);
  };
  visit(profile.head, notOurs);
  const perCluster = (bytes: number): string => `${(bytes / clusters).toFixed(0).padStart(7)} B`;
  return `${perCluster(total)} per cluster were allocated since the start and are still there\n${sums.top(perCluster)}`;
}

/** Of what {@link CodeMap.describe} says. */
const folderOf = (place: string): string => place.replace(/\/[^/]*$/, '');

/** Adds up numbers by name. */
class Sums {
  readonly #sums = new Map<string, number>();

  add(name: string, value: number): void {
    this.#sums.set(name, (this.#sums.get(name) ?? 0) + value);
  }

  top(format: (value: number) => string): string {
    const sorted = [...this.#sums].sort(([, a], [, b]) => b - a).slice(0, shown);
    return sorted.map(([name, value]) => `  ${format(value)}  ${name}`).join('\n');
  }
}
