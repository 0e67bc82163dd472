import type { FieldCause } from '../../errors.js';
import { badRequest, invalid } from '../../errors.js';
import { loggedState, logLines, type LogLine } from '../../pods/container-log.js';
import type { ContainerState, Pod } from '../../pods/pod.js';
import { simulatedContainer, type SimulatedContainer } from '../../pods/simulated-container.js';
import type { RegistryContext } from '../../registry/context.js';
import type { Exchange } from '../exchange.js';
import { integerOf, isTrue } from '../resource-request.js';
import { onContainerEnd } from './container-end.js';
import { selectContainer } from './container-selection.js';
import { logSink, type LogSink } from './log-sink.js';

/** `PodLogOptions`. */
interface LogOptions {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  /** Milliseconds since the epoch. */
  readonly since: number | undefined;
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
}

/** `pods/x/log`. Resolves when the log, or all of it that is there yet, has been sent. Throws BadRequest, Invalid. */
export async function logHandler(exchange: Exchange, context: RegistryContext, pod: Pod): Promise<void> {
  const options = optionsOf(exchange.query, context.now());
  const container = selectContainer(pod, exchange.query.get('container') ?? '');
  // Without a node there is no kubelet to ask, and no log.
  if (!pod.spec.nodeName) return logSink(exchange, (sink) => sink.end());
  const simulated = simulatedContainer(context, pod, container);
  const state = stateOf(simulated, options.previous);
  const lines = selectLines(await logLines(simulated, state), options);
  logSink(exchange, (sink) => {
    const writer = new LogWriter(sink, options);
    writer.write(lines);
    if (options.follow && state.running !== undefined) follow(context, simulated, writer, sink);
    else sink.end();
  });
}

/** `ValidatePodLogOptions` of k8s.io/kubernetes `pkg/apis/core/validation`. Throws Invalid. */
function optionsOf(query: URLSearchParams, now: number): LogOptions {
  const tailLines = integerOf(query, 'tailLines');
  const limitBytes = integerOf(query, 'limitBytes');
  const sinceSeconds = integerOf(query, 'sinceSeconds');
  const sinceTime = query.get('sinceTime');
  const stream = query.get('stream');
  const causes: FieldCause[] = [];
  const wrong = (field: string, value: number, why: string): void => {
    causes.push({ field, reason: 'FieldValueInvalid', message: `Invalid value: ${value}: ${why}` });
  };
  if (tailLines !== undefined && tailLines < 0)
    wrong('tailLines', tailLines, 'must be greater than or equal to 0');
  if (limitBytes !== undefined && limitBytes < 1) wrong('limitBytes', limitBytes, 'must be greater than 0');
  if (sinceSeconds !== undefined && sinceTime !== null) {
    const why = 'at most one of `sinceTime` or `sinceSeconds` may be specified';
    causes.push({ field: '', reason: 'FieldValueForbidden', message: `Forbidden: ${why}` });
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    wrong('sinceSeconds', sinceSeconds, 'must be greater than 0');
  }
  if (stream !== null && stream !== 'All') {
    causes.push({
      field: 'stream',
      reason: 'FieldValueForbidden',
      message: 'Forbidden: may not be specified',
    });
  }
  if (causes.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, '', causes);
  const since = sinceSeconds === undefined ? timeOf(sinceTime) : now - sinceSeconds * 1000;
  return {
    follow: isTrue(query.get('follow')),
    previous: isTrue(query.get('previous')),
    timestamps: isTrue(query.get('timestamps')),
    since,
    tailLines,
    limitBytes,
  };
}

function timeOf(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time))
    throw badRequest(
      `parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(text)} as "2006"`,
    );
  return time;
}

/** `validateContainerLogStatus` of k8s.io/kubernetes `pkg/kubelet/kubelet_pods.go`. Throws BadRequest. */
function stateOf(container: SimulatedContainer, previous: boolean): ContainerState {
  const state = loggedState(container, previous);
  if (state?.terminated !== undefined || (state?.running !== undefined && !previous)) return state;
  const name = JSON.stringify(container.container.name);
  const what = `container ${name} in pod ${JSON.stringify(container.pod.metadata.name)}`;
  if (previous) throw badRequest(`previous terminated ${what} not found`);
  if (state === undefined) throw badRequest(`${what} is not available`);
  throw badRequest(`${what} is waiting to start: ${state.waiting?.reason ?? 'ContainerCreating'}`);
}

function selectLines(lines: LogLine[], { since, tailLines }: LogOptions): LogLine[] {
  const recent = since === undefined ? lines : lines.filter(({ at }) => at >= since);
  return tailLines === undefined ? recent : recent.slice(Math.max(0, recent.length - tailLines));
}

class LogWriter {
  #left: number;

  constructor(
    private readonly sink: LogSink,
    private readonly options: LogOptions,
  ) {
    this.#left = options.limitBytes ?? Infinity;
  }

  write(lines: readonly LogLine[]): void {
    const text = lines.map((line) => this.#format(line)).join('');
    if (text === '') return;
    const bytes = Buffer.from(text);
    this.sink.write(bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes);
    this.#left -= bytes.length;
    if (this.#left <= 0) this.sink.end();
  }

  #format({ at, text }: LogLine): string {
    // Kubelets write times with nanoseconds.
    if (!this.options.timestamps) return `${text}\n`;
    return `${new Date(at).toISOString().replace('Z', '000000Z')} ${text}\n`;
  }
}

/** Goes on with heartbeats until the container has ended, or the client has gone. */
function follow(
  context: RegistryContext,
  simulated: SimulatedContainer,
  writer: LogWriter,
  sink: LogSink,
): void {
  const { heartbeat } = simulated.script;
  const stop = onContainerEnd(context, simulated, () => sink.end());
  const timer =
    heartbeat === undefined
      ? undefined
      : setInterval(() => {
          if (sink.ready) writer.write([{ at: context.now(), text: heartbeat.line }]);
        }, heartbeat.seconds * 1000);
  sink.onClose(() => {
    clearInterval(timer);
    stop();
  });
}
