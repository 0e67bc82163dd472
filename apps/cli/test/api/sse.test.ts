import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SseParser } from '../../src/api/sse.js';

describe('SSE parser', () => {
  it('reads ids, types and data of several lines, and drops comments', () => {
    const text = ': connected\n\nid: 7\nevent: stage\ndata: {"a":1}\ndata: more\n\ndata:plain\n\n';
    expect(new SseParser().push(text)).toEqual([
      { id: '7', type: 'stage', data: '{"a":1}\nmore' },
      { id: '7', type: 'message', data: 'plain' },
    ]);
  });

  it('gives no event without data, but keeps its id', () => {
    expect(new SseParser().push('id: 9\nevent: x\n\ndata: y\n\n')).toEqual([
      { id: '9', type: 'message', data: 'y' },
    ]);
  });

  it('reads the same events however the text is cut and lines end', () => {
    const word = fc.stringMatching(/^[a-z0-9{}":, ]*$/);
    const event = fc.record({
      id: fc.nat(),
      type: fc.stringMatching(/^[a-z]+$/),
      data: fc.array(word, { minLength: 1 }),
    });
    fc.assert(
      fc.property(
        fc.array(event),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.nat(20), { minLength: 1 }),
        (events, end, cuts) => {
          const text = events
            .map(({ id, type, data }) =>
              [`id: ${id}`, `event: ${type}`, ...data.map((line) => `data: ${line}`), '', ''].join(end),
            )
            .join('');
          const parser = new SseParser();
          const seen = [];
          let at = 0;
          for (let index = 0; at < text.length; index++) {
            const size = (cuts[index % cuts.length] ?? 0) + 1;
            seen.push(...parser.push(text.slice(at, at + size)));
            at += size;
          }
          // A lone CR at the end could still become CRLF.
          seen.push(...parser.push(':'));
          expect(seen).toEqual(
            events.map(({ id, type, data }) => ({ id: String(id), type, data: data.join('\n') })),
          );
        },
      ),
    );
  });
});
