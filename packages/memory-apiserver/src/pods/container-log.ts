import { containerStatusOf, type ContainerState } from './pod.js';
import { runProcess } from './run-process.js';
import { NoSuchProgram } from './shell/process.js';
import { mainCommand, type SimulatedContainer } from './simulated-container.js';
import { Writable } from 'node:stream';

export interface LogLine {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Without its end. */
  readonly text: string;
}

/** Lines of heartbeats that a log keeps; older ones have been rotated away. */
const MAX_HEARTBEATS = 10_000;
/** Characters that a container's command may print into its log. */
const MAX_PRINTED = 256 * 1024;

/** What a container has written so far: its script's log and heartbeats, or what its command prints before it waits. */
export async function logLines(container: SimulatedContainer, state: ContainerState): Promise<LogLine[]> {
  const { script, now } = container;
  const [startedAt, until] = lifetime(state, now());
  const text = script.log ?? (await printed(container));
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const log = lines.map((line) => ({ at: startedAt, text: line }));
  const { heartbeat } = script;
  if (heartbeat === undefined) return log;
  const count = Math.floor((until - startedAt) / (heartbeat.seconds * 1000));
  for (let index = Math.max(1, count - MAX_HEARTBEATS + 1); index <= count; index += 1) {
    log.push({ at: startedAt + index * heartbeat.seconds * 1000, text: heartbeat.line });
  }
  return log;
}

/** The state of the container whose log is asked for. */
export function loggedState(
  { pod, container }: SimulatedContainer,
  previous: boolean,
): ContainerState | undefined {
  const status = containerStatusOf(pod, container.name);
  return previous ? status?.lastState : status?.state;
}

function lifetime({ running, terminated }: ContainerState, now: number): [start: number, end: number] {
  const start = Date.parse(running?.startedAt ?? terminated?.startedAt ?? '');
  const end = terminated === undefined ? now : Date.parse(terminated.finishedAt ?? '');
  return [Number.isNaN(start) ? now : start, Number.isNaN(end) ? now : end];
}

/** What the container's command prints until it first waits for time or input. */
async function printed(container: SimulatedContainer): Promise<string> {
  const command = mainCommand(container);
  if (command.length === 0) return '';
  let text = '';
  const aborted = new AbortController();
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      if (text.length > MAX_PRINTED) aborted.abort();
      done();
    },
  });
  const io = { stdin: undefined, stdout: output, stderr: output, tty: false, signal: aborted.signal };
  // Time stands still here: whoever waits has printed what there is.
  await runProcess(container, command, io, () => aborted.abort()).catch((error: unknown) => {
    // Other images' programs print nothing.
    if (!(error instanceof NoSuchProgram)) throw error;
  });
  return text.slice(0, MAX_PRINTED);
}
