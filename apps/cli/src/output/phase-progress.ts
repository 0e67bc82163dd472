import type { Phases } from '../api/wait.js';
import { bar, formatDuration } from './format.js';
import { LiveBlock } from './live-block.js';
import type { Terminal } from './terminal.js';

/** Shows how many clusters have come how far. */
export class PhaseProgress {
  private readonly startedAt = performance.now();
  private readonly block: LiveBlock;
  private phases: Phases = new Map();

  constructor(
    terminal: Terminal,
    private readonly total: number,
    private readonly goal: 'active' | 'gone',
  ) {
    this.block = new LiveBlock(
      terminal,
      () => [`${bar(this.done, this.total, 30)} ${this.plain()}`, `  ${this.counts()}`],
      () => `${this.plain()}  ${this.counts()}`,
    );
  }

  show(phases: Phases): void {
    this.phases = phases;
    this.block.update();
  }

  finish(): void {
    this.block.finish();
  }

  private get done(): number {
    const goal = this.goal === 'active' ? 'active' : undefined;
    let done = 0;
    for (const phase of this.phases.values()) if (phase === goal) done += 1;
    return done;
  }

  private plain(): string {
    return `${this.done}/${this.total} ${this.goal} after ${formatDuration(performance.now() - this.startedAt)}`;
  }

  private counts(): string {
    const counts = new Map<string, number>();
    for (const phase of this.phases.values())
      counts.set(phase ?? 'gone', (counts.get(phase ?? 'gone') ?? 0) + 1);
    return [...counts].map(([phase, count]) => `${phase} ${count}`).join('  ');
  }
}
