import { constants, createDeflate } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dataHead,
  FrameReader,
  goAway,
  ping,
  rstStream,
  synReply,
} from '../../../../src/http/streaming/spdy/frames.js';
import {
  emptyHeaderBlock,
  headerDictionary,
  HeaderReader,
  parseHeaders,
} from '../../../../src/http/streaming/spdy/header-block.js';

const id = fc.integer({ min: 1, max: 0x7fff_ffff });
const frame = fc.oneof(
  id.map((stream) => synReply(stream, emptyHeaderBlock(true))),
  fc.tuple(id, fc.nat(11)).map(([stream, status]) => rstStream(stream, status)),
  id.map((stream) => goAway(stream)),
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map((payload) => ping(Buffer.from(payload))),
  fc
    .tuple(id, fc.boolean(), fc.uint8Array({ maxLength: 100 }))
    .map(([stream, fin, data]) => Buffer.concat([dataHead(stream, fin ? 1 : 0, data.length), data])),
);

const framesOf = (chunks: readonly Buffer[]): unknown[] => {
  const reader = new FrameReader();
  return chunks.flatMap((chunk) => [...reader.push(chunk)]);
};

describe('SPDY frames', () => {
  it('are the same however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(400)), (frames, cuts) => {
        const bytes = Buffer.concat(frames);
        const at = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        expect(framesOf(chunks)).toEqual(framesOf([bytes]));
        expect(framesOf([bytes])).toHaveLength(frames.length);
      }),
    );
  });

  it('are read or refused with RangeError, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          framesOf([Buffer.from(bytes)]);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});

/** A client's blocks: pieces of one compressed stream. */
async function compressed(blocks: readonly Readonly<Record<string, string>>[]): Promise<Buffer[]> {
  const deflate = createDeflate({ dictionary: headerDictionary, flush: constants.Z_SYNC_FLUSH });
  const output: Buffer[] = [];
  deflate.on('data', (chunk: Buffer) => output.push(chunk));
  const result: Buffer[] = [];
  for (const block of blocks) {
    await new Promise((resolve) => deflate.write(plain(block), resolve));
    result.push(Buffer.concat(output.splice(0)));
  }
  return result;
}

function plain(block: Readonly<Record<string, string>>): Buffer {
  const number = (value: number): Buffer => Buffer.from([value >> 24, value >> 16, value >> 8, value]);
  const entries = Object.entries(block);
  return Buffer.concat([
    number(entries.length),
    ...entries.flatMap(([name, value]) => [
      number(name.length),
      Buffer.from(name),
      number(value.length),
      Buffer.from(value),
    ]),
  ]);
}

describe('SPDY header blocks', () => {
  it('are read in their order from one compressed stream', async () => {
    const blocks = [{ streamtype: 'error', port: '80' }, { streamtype: 'data', port: '80' }, {}];
    const reader = new HeaderReader();
    for (const [index, block] of (await compressed(blocks)).entries())
      expect(Object.fromEntries(await reader.read(block))).toEqual(blocks[index]);
    reader.close();
  });

  it('of replies can be read by any zlib', async () => {
    const reader = new HeaderReader();
    expect((await reader.read(emptyHeaderBlock(true))).size).toBe(0);
    expect((await reader.read(emptyHeaderBlock(false))).size).toBe(0);
    reader.close();
  });

  it('that are broken or unreasonably large are refused', async () => {
    const broken = new HeaderReader();
    await expect(broken.read(Buffer.from('nonsense'))).rejects.toThrow();
    const [bomb = Buffer.alloc(0)] = await compressed([{ a: 'x'.repeat(1 << 20) }]);
    expect(bomb.length).toBeLessThan(64 * 1024);
    await expect(new HeaderReader().read(bomb)).rejects.toThrow();
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        try {
          parseHeaders(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});
