import { isObject } from '../codec/json.js';
import { badRequest } from '../errors.js';
import type { Pod } from './pod.js';
import { yaml } from '../yaml.js';

/**
 * What a pod's containers do when they are asked: YAML or JSON in this annotation of the pod (in templates of
 * workloads: of the pod template).
 *
 * ```yaml
 * log: "listening on :8080\n"                 # what logs begin with
 * heartbeat: { line: "alive", seconds: 10 }   # a line that logs go on with
 * commands: { "nginx -v": "nginx 1.27\n", "nginx -t": { stderr: "bad\n", exitCode: 1 } }
 * files: { /etc/app.conf: "answer = 42\n" }
 * ports: { "8080": "hello\n", "9090": { /metrics: "up 1\n", /down: { status: 503, body: "" } } }
 * containers: { sidecar: { log: "…" } }       # instead of the above, for one container
 * ```
 */
export const SCRIPT_ANNOTATION = 'scale-cluster.io/pod-script';

export interface CommandOutcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface HttpOutcome {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface PodScript {
  /** Undefined: what the container's command prints. */
  readonly log?: string;
  readonly heartbeat?: { readonly line: string; readonly seconds: number };
  /** By the whole command line. */
  readonly commands: ReadonlyMap<string, CommandOutcome>;
  /** By absolute path. */
  readonly files: ReadonlyMap<string, string>;
  /** By port, then by path; the path `/` answers for all others. */
  readonly ports: ReadonlyMap<number, ReadonlyMap<string, HttpOutcome>>;
}

const NOTHING: PodScript = { commands: new Map(), files: new Map(), ports: new Map() };

/** The script for a container of the pod. Throws BadRequest for one that can't be read. */
export function podScript({ metadata }: Pod, container: string): PodScript {
  const text = metadata.annotations?.[SCRIPT_ANNOTATION];
  if (text === undefined) return NOTHING;
  let value: unknown;
  try {
    value = yaml().parse(text, { maxAliasCount: 0 });
  } catch (error) {
    throw wrong(error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : 'not YAML');
  }
  const whole = objectAt(value, 'the script');
  const own = whole['containers'] === undefined ? {} : objectAt(whole['containers'], 'containers')[container];
  return scriptOf(own === undefined ? whole : { ...whole, ...objectAt(own, `containers.${container}`) });
}

const wrong = (why: string) => badRequest(`annotation ${SCRIPT_ANNOTATION}: ${why}`);

function scriptOf(value: Readonly<Record<string, unknown>>): PodScript {
  const { log, heartbeat } = value;
  return {
    ...(log === undefined ? {} : { log: textAt(log, 'log') }),
    ...(heartbeat === undefined ? {} : { heartbeat: heartbeatOf(objectAt(heartbeat, 'heartbeat')) }),
    commands: mapOf(value['commands'], 'commands', commandOutcome),
    files: mapOf(value['files'], 'files', textAt),
    ports: new Map(
      Object.entries(objectAt(value['ports'] ?? {}, 'ports')).map(([port, paths]) => {
        if (!/^\d{1,5}$/.test(port)) throw wrong(`ports: ${port} is no port`);
        return [Number(port), portOutcomes(paths, `ports.${port}`)];
      }),
    ),
  };
}

function heartbeatOf({ line, seconds = 10 }: Record<string, unknown>): { line: string; seconds: number } {
  if (typeof seconds !== 'number' || !(seconds >= 0.1)) throw wrong('heartbeat.seconds is less than 0.1');
  return { line: textAt(line, 'heartbeat.line'), seconds };
}

function commandOutcome(value: unknown, where: string): CommandOutcome {
  if (typeof value === 'string') return { stdout: value, stderr: '', exitCode: 0 };
  const { stdout = '', stderr = '', exitCode = 0 } = objectAt(value, where);
  if (!Number.isInteger(exitCode)) throw wrong(`${where}.exitCode is no whole number`);
  return {
    stdout: textAt(stdout, `${where}.stdout`),
    stderr: textAt(stderr, `${where}.stderr`),
    exitCode: exitCode as number,
  };
}

/** One answer for all paths, or answers by path. */
function portOutcomes(value: unknown, where: string): ReadonlyMap<string, HttpOutcome> {
  if (typeof value === 'string') return new Map([['/', httpOutcome(value, where)]]);
  return mapOf(value, where, httpOutcome);
}

function httpOutcome(value: unknown, where: string): HttpOutcome {
  if (typeof value === 'string') return { status: 200, headers: {}, body: value };
  const { status = 200, headers = {}, body = '' } = objectAt(value, where);
  if (!Number.isInteger(status) || (status as number) < 200 || (status as number) > 599)
    throw wrong(`${where}.status is no HTTP status`);
  return {
    status: status as number,
    headers: Object.fromEntries(mapOf(headers, `${where}.headers`, textAt)),
    body: textAt(body, `${where}.body`),
  };
}

function mapOf<T>(value: unknown, where: string, read: (value: unknown, where: string) => T): Map<string, T> {
  return new Map(
    Object.entries(objectAt(value ?? {}, where)).map(([key, item]) => [key, read(item, `${where}.${key}`)]),
  );
}

function objectAt(value: unknown, where: string): Record<string, unknown> {
  if (!isObject(value)) throw wrong(`${where} is no object`);
  return value;
}

function textAt(value: unknown, where: string): string {
  if (typeof value !== 'string') throw wrong(`${where} is no text`);
  return value;
}
