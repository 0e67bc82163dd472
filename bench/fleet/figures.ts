/** One measured number. */
export interface Figure {
  readonly phase: string;
  readonly name: string;
  /** How many clusters there were. */
  readonly clusters: number;
  readonly value: number;
}

/** A figure and what is asked of it. */
export interface Row extends Figure {
  readonly goal: string;
  readonly verdict: 'pass' | 'fall short' | '';
}

interface Goal {
  readonly phase: RegExp;
  readonly name: RegExp;
  readonly most?: number;
  /** Or: as many as there are clusters. */
  readonly all?: true;
  /** Fewer clusters than that say nothing about it: the empty agent would be most of it. */
  readonly from?: number;
}

/** What must be reached, for machines with two cores that the agent shares with the peer. */
const goals: readonly Goal[] = [
  { phase: /^ramp/, name: /^Active$/, all: true },
  { phase: /^ramp/, name: /^CPU per activation/, most: 0.15 },
  { phase: /^ramp/, name: /^event-loop delay p99/, most: 100 },
  { phase: /^ramp/, name: /^RSS at its peak \/ idle/, most: 1.5 },
  { phase: /^hold/, name: /^still Active/, all: true },
  { phase: /^hold/, name: /^RSS per cluster, MB/, most: 0.9, from: 1000 },
  { phase: /^hold/, name: /^CPU per 1,000 clusters/, most: 15 },
  { phase: /^hold/, name: /^event-loop delay p99/, most: 20 },
  { phase: /^growth/, name: /./, most: 1.1 },
  { phase: /^drop/, name: /^all back, s/, most: 60 },
  // The most that the agent's ConnectPacer lets through.
  { phase: /^drop/, name: /^reconnects per s at the peak/, most: 400 },
  { phase: /^(restart|kill)/, name: /^all Active again, s/, most: 120 },
  { phase: /^(restart|kill)/, name: /changed$/, most: 0 },
  { phase: /^soak/, name: /^RSS slope/, most: 1 },
  { phase: /^soak/, name: /^still Active/, all: true },
  { phase: /^delete/, name: /^left/, most: 0 },
  { phase: /^delete/, name: /^RSS \/ at the start/, most: 1.1 },
  { phase: /^run/, name: /^violations/, most: 0 },
];

/** Collects figures as phases find them. */
export class Figures {
  readonly #figures: Figure[] = [];

  /** Figures that could not be measured (NaN) are left out. */
  add(phase: string, clusters: number, values: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(values)) {
      if (!Number.isNaN(value)) this.#figures.push({ phase, name, clusters, value });
    }
  }

  find(phase: string, name: string, clusters: number): number {
    const found = this.#figures.find(
      (one) => one.phase === phase && one.name === name && one.clusters === clusters,
    );
    return found?.value ?? NaN;
  }

  /** Those of one phase and size together, in the order of their first ones. */
  get rows(): Row[] {
    const groups = new Map<string, Row[]>();
    for (const figure of this.#figures) {
      const key = `${figure.phase} ${figure.clusters}`;
      const group = groups.get(key) ?? [];
      group.push({ ...figure, ...judge(figure) });
      groups.set(key, group);
    }
    return [...groups.values()].flat();
  }
}

function judge({ phase, name, clusters, value }: Figure): Pick<Row, 'goal' | 'verdict'> {
  const goal = goals.find((one) => one.phase.test(phase) && one.name.test(name));
  if (goal === undefined) return { goal: '', verdict: '' };
  const text = goal.all ? `= ${clusters}` : `<= ${goal.most}`;
  if (clusters < (goal.from ?? 0)) return { goal: `${text} from ${goal.from} on`, verdict: '' };
  const met = goal.all ? value === clusters : value <= (goal.most ?? Infinity);
  return { goal: text, verdict: met ? 'pass' : 'fall short' };
}
