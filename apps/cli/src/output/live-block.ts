import { stripVTControlCharacters } from 'node:util';
import type { Terminal } from './terminal.js';

/** Redraws per second at most: smooth for people, cheap for a process that also does the work. */
const FRAME_MS = 100;

/**
 * A few lines that are redrawn in place. Where there is no terminal it prints `plain()` instead, when that has
 * changed and at most every `plainEveryMs`, so that a log of a build server stays short.
 */
export class LiveBlock {
  private drawnLines = 0;
  private timer: NodeJS.Timeout | undefined;
  private lastPlain = '';
  private lastPlainAt = -Infinity;

  constructor(
    private readonly terminal: Terminal,
    private readonly lines: () => string[],
    private readonly plain: () => string,
    private readonly plainEveryMs = 5000,
  ) {}

  /** Says that something has changed; drawing happens soon. */
  update(): void {
    if (this.terminal.json) return;
    if (!this.terminal.live) this.printPlain(false);
    else this.timer ??= setTimeout(() => this.redraw(), FRAME_MS);
  }

  /** Draws for the last time and leaves the lines standing. */
  finish(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.terminal.json) return;
    if (this.terminal.live) this.redraw();
    else this.printPlain(true);
    this.drawnLines = 0;
  }

  private redraw(): void {
    this.timer = undefined;
    const lines = this.lines().map((line) => fit(line, this.terminal.columns - 1));
    const up = this.drawnLines > 0 ? `\u001b[${this.drawnLines}A` : '';
    this.terminal.draw(`${up}\r\u001b[J${lines.map((line) => `${line}\n`).join('')}`);
    this.drawnLines = lines.length;
  }

  private printPlain(last: boolean): void {
    const line = this.plain();
    const now = performance.now();
    if (line === this.lastPlain || (!last && now - this.lastPlainAt < this.plainEveryMs)) return;
    this.lastPlain = line;
    this.lastPlainAt = now;
    this.terminal.note(line);
  }
}

/** A line must not wrap, or the block would be redrawn one line too low. */
function fit(line: string, width: number): string {
  const visible = stripVTControlCharacters(line);
  return visible.length <= width ? line : `${visible.slice(0, Math.max(0, width - 1))}…`;
}
