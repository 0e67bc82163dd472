import { createInterface } from 'node:readline';

/** What the benchmark asks an end for; each command uses some of the fields. */
export interface Command {
  readonly do: string;
  readonly direction: 'down' | 'up';
  readonly streams: number;
  readonly bytes: number;
  readonly count: number;
  readonly parallel: number;
}

export type Answer = Record<string, unknown>;

/** Answers one command per line of standard input until that is closed, which ends the process. */
export function obey(run: (command: Command) => Promise<Answer> | Answer): void {
  const lines = createInterface(process.stdin);
  let last = Promise.resolve();
  lines.on('line', (line) => {
    last = last.then(async () => {
      const command = JSON.parse(line) as Command;
      try {
        say(command.do === 'usage' ? usage() : await run(command));
      } catch (error) {
        say({ error: String(error) });
      }
    });
  });
  lines.once('close', () => process.exit());
}

export function say(answer: Answer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

/** What this process has cost so far. */
function usage(): Answer {
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1e3, rssKiB: process.memoryUsage.rss() / 1024 };
}
