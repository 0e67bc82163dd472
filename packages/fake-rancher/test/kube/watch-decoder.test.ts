import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClusterFaultError } from '../../src/errors.js';
import { WatchDecoder, type WatchEvent } from '../../src/kube/watch-decoder.js';

const event = fc.record({
  type: fc.constantFrom('ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'),
  object: fc.record({
    apiVersion: fc.string(),
    kind: fc.string(),
    metadata: fc.record({ name: fc.string() }),
  }),
});

describe('WatchDecoder', () => {
  it('finds the same events however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(event), fc.array(fc.nat(400)), (events, cuts) => {
        const stream = events.map((entry) => `${JSON.stringify(entry)}\n`).join('');
        const points = [
          0,
          ...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b),
          stream.length,
        ];
        const decoder = new WatchDecoder();
        const found: WatchEvent[] = [];
        points
          .slice(1)
          .forEach((end, index) => found.push(...decoder.push(stream.slice(points[index], end))));
        expect(found).toEqual(events);
      }),
    );
  });

  it('throws nothing but its own error, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (chunks) => {
        const decoder = new WatchDecoder();
        try {
          for (const chunk of chunks) decoder.push(`${chunk}\n`);
        } catch (error) {
          expect(error).toBeInstanceOf(ClusterFaultError);
        }
      }),
    );
  });

  it('refuses lines that are no events', () => {
    for (const line of ['{', '[]', '{"type":"ADDED"}', '{"type":"OTHER","object":{}}', 'null'])
      expect(() => new WatchDecoder().push(`${line}\n`)).toThrow(ClusterFaultError);
  });

  it('gives objects without metadata an empty one', () => {
    const [first] = new WatchDecoder().push('{"type":"ERROR","object":{"code":410}}\n');
    expect(first?.object.metadata).toEqual({});
  });
});
