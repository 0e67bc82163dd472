import { Writable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventStream } from '../../src/events/event-stream.js';

/** A reader's socket: keeps what it got; while `stalled`, nothing is taken off its buffer. */
class Socket extends Writable {
  text = '';
  private pending: (() => void) | undefined;

  constructor(private stalled = false) {
    super({ highWaterMark: 64, decodeStrings: false });
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.text += chunk;
    if (this.stalled) this.pending = done;
    else done();
  }

  resume(): void {
    this.stalled = false;
    const done = this.pending;
    this.pending = undefined;
    done?.();
  }

  get ids(): number[] {
    return [...this.text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
  }

  get types(): string[] {
    return [...this.text.matchAll(/^event: (.+)$/gm)].map((match) => match[1] ?? '');
  }
}

describe('event stream', () => {
  let stream: EventStream;
  const publish = (seq: number, cluster = 'a'): void => stream.publish({ seq, type: 'stage', cluster });

  beforeEach(() => {
    vi.useFakeTimers();
    stream = new EventStream({ capacity: 5, keepAliveMs: 1000 });
  });
  afterEach(() => {
    stream.close();
    vi.useRealTimers();
  });

  it('sends a new reader only what happens after it came', () => {
    publish(1);
    const socket = new Socket();
    stream.add(socket);
    publish(2);
    publish(3);
    expect(socket.ids).toEqual([2, 3]);
    expect(socket.text).toContain('event: stage\ndata: {"seq":2,"type":"stage","cluster":"a"}\n\n');
  });

  it('resumes after the id that a reader has seen last', () => {
    for (const seq of [1, 2, 3, 4]) publish(seq);
    const socket = new Socket();
    stream.add(socket, { lastEventId: 2 });
    expect(socket.ids).toEqual([3, 4]);
    expect(socket.types).not.toContain('reset');
  });

  it('tells a reader that resumes too late to read the list anew, then goes on with what is left', () => {
    for (let seq = 1; seq <= 8; seq++) publish(seq);
    const socket = new Socket();
    stream.add(socket, { lastEventId: 1 });
    expect(socket.types[0]).toBe('reset');
    expect(socket.ids).toEqual([3, 4, 5, 6, 7, 8]);
  });

  it('tells a reader with an id of an earlier run to read the list anew', () => {
    publish(1);
    const socket = new Socket();
    stream.add(socket, { lastEventId: 900 });
    publish(2);
    expect(socket.types).toEqual(['reset', 'stage']);
    expect(socket.ids).toEqual([1, 2]);
  });

  it('sends only the events of one cluster when asked so', () => {
    const socket = new Socket();
    stream.add(socket, { cluster: 'b' });
    publish(1, 'a');
    publish(2, 'b');
    expect(socket.ids).toEqual([2]);
  });

  it('writes nothing to a full socket and goes on from the log when that has drained', async () => {
    const socket = new Socket(true);
    stream.add(socket);
    for (let seq = 1; seq <= 4; seq++) publish(seq);
    const buffered = socket.writableLength;
    publish(5);
    expect(socket.writableLength).toBe(buffered);
    socket.resume();
    await vi.waitFor(() => expect(socket.ids).toEqual([1, 2, 3, 4, 5]));
  });

  it('keeps a bounded amount for a reader that never reads', () => {
    const socket = new Socket(true);
    stream.add(socket);
    for (let seq = 1; seq <= 10_000; seq++) publish(seq);
    expect(socket.writableLength).toBeLessThan(500);
  });

  it('sends comments while nothing happens', () => {
    const socket = new Socket();
    stream.add(socket);
    vi.advanceTimersByTime(3000);
    expect(socket.text.match(/: keep-alive/g)).toHaveLength(3);
  });

  it('forgets a reader that has gone', async () => {
    const socket = new Socket();
    stream.add(socket);
    socket.destroy();
    await vi.waitFor(() => expect(stream.size).toBe(0));
    expect(() => publish(1)).not.toThrow();
  });

  it('gives any reader every event from its position on, or says by a reset that some are lost', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), fc.nat(40), (published, lastEventId) => {
        const own = new EventStream({ capacity: 7 });
        for (let seq = 1; seq <= published; seq++) own.publish({ seq, type: 'stage' });
        const socket = new Socket();
        own.add(socket, { lastEventId });
        own.publish({ seq: published + 1, type: 'stage' });
        own.close();
        const wanted = published + 1 - lastEventId;
        const stages = socket.types.filter((type) => type === 'stage').length;
        const reset = socket.types.includes('reset');
        expect(socket.ids.at(-1)).toBe(published + 1);
        expect(reset).toBe(lastEventId > published || lastEventId < published - 7);
        expect(stages).toBe(reset ? Math.min(Math.max(1, wanted), 7 + 1) : wanted);
      }),
    );
  });
});
