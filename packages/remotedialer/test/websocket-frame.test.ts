import fc from 'fast-check';
import * as ws from 'ws';
import type { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { encodeFrame, type Masking } from '../src/websocket-frame.js';

/** What the receiver of `ws` makes of a frame. */
function receive(frame: Uint8Array, isServer: boolean): Buffer {
  // Documented by `ws`, but not in its types.
  const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };
  const receiver = new Receiver({ isServer });
  let message: Buffer | undefined;
  receiver.once('message', (data: Buffer) => (message = data));
  receiver.write(Buffer.from(frame));
  if (message === undefined) throw new Error('the frame is not complete');
  return message;
}

const lengths = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.constantFrom(4095, 4096, 4097, 65_520, 65_535, 65_536, 200_000),
);

test.each<Masking>(['none', 'zero', 'random'])('ws reads every frame written with masking %s', (masking) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.option(lengths, { nil: undefined }),
      fc.nat(0xffff_ffff),
      (head, length, mask) => {
        const payload =
          length === undefined ? undefined : Buffer.alloc(length, 0).map((_, i) => (i * 31) & 255);
        const before = payload && Buffer.from(payload);
        const frame = Buffer.concat([...encodeFrame(head, payload, masking, () => mask)]);
        const expected = Buffer.concat([head, payload ?? Buffer.alloc(0)]);
        expect(receive(frame, masking !== 'none').equals(expected)).toBe(true);
        expect(before === undefined || before.equals(payload!)).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
});

test('a large unmasked payload is handed on as it is, not copied', () => {
  const payload = Buffer.alloc(100_000);
  expect(encodeFrame(new Uint8Array(3), payload, 'none', () => 0)[1]).toBe(payload);
  expect(encodeFrame(new Uint8Array(3), payload, 'zero', () => 0)[1]).toBe(payload);
});
