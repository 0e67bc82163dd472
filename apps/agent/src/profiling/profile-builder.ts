import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { MessageWriter } from './protobuf.js';

const compress = promisify(gzip);

/** A measured quantity and its unit, as in `samples/count` or `cpu/nanoseconds`. */
export interface ValueType {
  readonly type: string;
  readonly unit: string;
}

/** A function on a stack, its name as people should read it, and the line where it begins (from 1; 0 = none). */
export interface Frame {
  readonly functionName: string;
  readonly file: string;
  readonly line: number;
}

/** What is known about a profile besides its samples; `timeMs` is Unix time. */
export interface ProfileHeader {
  readonly sampleTypes: readonly ValueType[];
  readonly periodType: ValueType;
  readonly period: number;
  readonly timeMs: number;
  readonly durationMs: number;
}

/**
 * Collects stacks and writes them in pprof's own format, which `go tool pprof`, Grafana Pyroscope, Parca and
 * speedscope read: gzip around `perftools.profiles.Profile`
 * (github.com/google/pprof/blob/main/proto/profile.proto; the numbers below are its field numbers).
 */
export class ProfileBuilder {
  private readonly strings = new Map<string, number>([['', 0]]);
  private readonly functions = new Map<string, number>();
  private readonly locations = new Map<string, number>();
  private readonly body = new MessageWriter();

  constructor(private readonly header: ProfileHeader) {
    for (const type of header.sampleTypes) this.body.message(1, this.valueType(type));
  }

  /** Adds a stack, leaf first, with one value for each sample type. */
  addSample(stack: readonly Frame[], values: readonly number[]): void {
    const locationIds = stack.map((frame) => this.location(frame));
    this.body.message(2, new MessageWriter().numbers(1, locationIds).numbers(2, values));
  }

  /** The finished, compressed profile. Call once. */
  async finish(): Promise<Buffer> {
    const { timeMs, durationMs, period, periodType } = this.header;
    const periodMessage = this.valueType(periodType);
    for (const text of this.strings.keys()) this.body.string(6, text);
    this.body
      .number(9, BigInt(Math.round(timeMs)) * 1_000_000n)
      .number(10, Math.round(durationMs * 1e6))
      .message(11, periodMessage)
      .number(12, period);
    return compress(this.body.finish());
  }

  private valueType({ type, unit }: ValueType): MessageWriter {
    return new MessageWriter().number(1, this.text(type)).number(2, this.text(unit));
  }

  private location(frame: Frame): number {
    return this.intern(this.locations, keyOf(frame), (id) => {
      const line = new MessageWriter().number(1, this.function(frame)).number(2, frame.line);
      this.body.message(4, new MessageWriter().number(1, id).message(4, line));
    });
  }

  private function(frame: Frame): number {
    return this.intern(this.functions, keyOf(frame), (id) => {
      const name = this.text(frame.functionName);
      this.body.message(
        5,
        new MessageWriter()
          .number(1, id)
          .number(2, name)
          .number(3, name)
          .number(4, this.text(frame.file))
          .number(5, frame.line),
      );
    });
  }

  /** Ids of locations and functions begin at 1: 0 means "none". */
  private intern(table: Map<string, number>, key: string, write: (id: number) => void): number {
    const known = table.get(key);
    if (known !== undefined) return known;
    const id = table.size + 1;
    table.set(key, id);
    write(id);
    return id;
  }

  private text(value: string): number {
    const known = this.strings.get(value);
    if (known !== undefined) return known;
    const index = this.strings.size;
    this.strings.set(value, index);
    return index;
  }
}

function keyOf(frame: Frame): string {
  return `${frame.functionName}\0${frame.file}\0${frame.line}`;
}
