import type { IncomingHttpHeaders } from 'node:http';
import { parse as parseYaml } from 'yaml';

import { decodeProtobuf } from '../../src/codec/protobuf.js';
import type { Client, OpenAnswer } from './client.js';
import { EventReader } from './event-reader.js';
import { Normaliser } from './normalise.js';
import type { FromSeen, RequestStep, Scenario, Seen, Step, UntilStep, WatchStep } from './scenario.js';

/** What came of one step, without what differs from server to server. */
export interface Outcome {
  /** `POST /api/v1/namespaces` */
  readonly step: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON as a value; YAML and protobuf as what they hold. */
  readonly body?: unknown;
  readonly events?: readonly unknown[];
}

/** Headers that say something of the answer and not of the connection, the process or the hour. */
const comparedHeaders = [
  'allow',
  'cache-control',
  'content-type',
  'location',
  'retry-after',
  'vary',
  'warning',
  'www-authenticate',
];

const POLL_MS = 50;
const GIVE_UP_MS = 20_000;

/** Plays a scenario against a server, one step after another. */
export async function play(scenario: Scenario, client: Client): Promise<Outcome[]> {
  const player = new Player(client, new Normaliser(JSON.stringify(scenario)));
  const outcomes: Outcome[] = [];
  try {
    for (const step of scenario.steps) {
      const outcome = await player.step(step);
      if (outcome !== undefined) outcomes.push(outcome);
    }
  } finally {
    player.close();
  }
  return outcomes;
}

class Player {
  readonly #seen: Seen = {};
  readonly #watches = new Map<string, { answer: OpenAnswer; reader: EventReader }>();

  constructor(
    private readonly client: Client,
    private readonly normaliser: Normaliser,
  ) {}

  async step(step: Step): Promise<Outcome | undefined> {
    if ('path' in step) return this.#request(step);
    if ('watch' in step) return this.#watch(step);
    if ('events' in step) return this.#events(step.events, step.count);
    if ('close' in step) this.#watches.get(step.close)?.answer.close();
    else await this.#until(step);
    return undefined;
  }

  close(): void {
    for (const { answer } of this.#watches.values()) answer.close();
  }

  async #request({ method, path, body, as, ...more }: RequestStep): Promise<Outcome> {
    const asked = this.#resolve(path);
    const sent: unknown = typeof body === 'function' ? (body as (seen: Seen) => unknown)(this.#seen) : body;
    const answer = await this.client.send({ method, path: asked, body: sent, ...more });
    const content = decoded(answer.headers, answer.body);
    if (as !== undefined) this.#seen[as] = content;
    return {
      step: this.normaliser.text(`${method} ${asked}`),
      status: answer.status,
      headers: this.#headers(answer.headers),
      ...(answer.body.length === 0 ? {} : { body: this.normaliser.json(content) }),
    };
  }

  async #watch({ watch, as, headers }: WatchStep): Promise<Outcome> {
    const path = this.#resolve(watch);
    const answer = await this.client.open({
      method: 'GET',
      path,
      ...(headers === undefined ? {} : { headers }),
    });
    const reader = new EventReader(answer.stream, answer.headers['content-type'] ?? '');
    this.#watches.set(as, { answer, reader });
    const step = this.normaliser.text(`WATCH ${path}`);
    return { step, status: answer.status, headers: this.#headers(answer.headers) };
  }

  async #events(name: string, count: number | undefined): Promise<Outcome> {
    const reader = this.#watches.get(name)?.reader;
    if (reader === undefined) throw new Error(`there is no watch ${name}`);
    const events = await reader.read(count ?? Number.MAX_SAFE_INTEGER);
    return { step: `EVENTS ${name}`, events: events.map((event) => this.normaliser.json(event)) };
  }

  async #until({ until, status, method = 'GET', ...more }: UntilStep): Promise<void> {
    const path = this.#resolve(until);
    const deadline = Date.now() + GIVE_UP_MS;
    for (;;) {
      const answer = await this.client.send({ method, path, ...more });
      if (answer.status === status || Date.now() > deadline) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  #resolve(path: FromSeen<string>): string {
    return typeof path === 'string' ? path : path(this.#seen);
  }

  #headers(headers: IncomingHttpHeaders): Record<string, string> {
    const kept: Record<string, string> = {};
    for (const name of comparedHeaders) {
      const value = headers[name];
      if (value !== undefined)
        kept[name] = this.normaliser.text(Array.isArray(value) ? value.join(', ') : value);
    }
    return kept;
  }
}

function decoded(headers: IncomingHttpHeaders, body: Buffer): unknown {
  const type = headers['content-type'] ?? '';
  if (body.length === 0) return undefined;
  if (type.startsWith('application/json')) return parseLines(body.toString());
  if (type.startsWith('application/yaml')) return parseYaml(body.toString());
  if (type.startsWith('application/vnd.kubernetes.protobuf')) return decodeProtobuf(body);
  return body.toString();
}

/** One JSON text, or one on each line as an ended watch leaves them. */
function parseLines(text: string): unknown {
  const attempts = [
    () => JSON.parse(text),
    () =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
  ];
  for (const attempt of attempts) {
    try {
      return attempt();
    } catch {
      // Not so, then.
    }
  }
  return text;
}
