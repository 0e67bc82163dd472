import { duplexPair, type Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { acceptTls } from '../../src/tls13/accept-tls.js';
import { Alert } from '../../src/tls13/alerts.js';
import { HandshakeType, message } from '../../src/tls13/messages.js';
import { ContentType, plainRecord } from '../../src/tls13/records.js';
import { ServerHandshake } from '../../src/tls13/server-handshake.js';
import { alertOf, chunked, helloBody, identity, leaf, type HelloChanges } from './support.js';
import { Tls13Identity } from '../../src/tls13/identity.js';

const protocols = ['http/1.1'];

function hello(changes: HelloChanges = {}): Buffer {
  return message(HandshakeType.clientHello, [helloBody(changes)]);
}

const record = (content: Buffer, type: number = ContentType.handshake): Buffer => plainRecord(type, content);

function handshake(): ServerHandshake {
  return new ServerHandshake(identity.tls13, protocols);
}

/** Gives the bytes to acceptTls and resolves with all it sends until it ends the connection. */
async function answerTo(bytes: Buffer): Promise<Buffer> {
  const [near, far] = duplexPair();
  onTestFinished(() => void near.destroy());
  acceptTls(near, { identity, protocols }, (socket: Duplex) => socket.on('error', () => undefined));
  far.write(bytes);
  const chunks: Buffer[] = [];
  for await (const chunk of far) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe('ServerHandshake', () => {
  it('answers a hello in whatever records and pieces it comes with one flight', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 })), fc.array(fc.nat(60)), (records, pieces) => {
        const inRecords = chunked(hello(), records)
          .filter((part) => part.length > 0)
          .map((part) => record(part));
        const subject = handshake();
        const steps = chunked(Buffer.concat(inRecords), pieces)
          .map((piece) => subject.receive(piece))
          .filter(({ kind }) => kind !== 'wait');
        expect(steps.map(({ kind }) => kind)).toEqual(['reply']);
      }),
      { numRuns: 50 },
    );
  });

  it('gives back all that has arrived when the client needs another TLS', () => {
    const subject = handshake();
    const bytes = record(hello({ versions: [0x0303] }));
    expect(subject.receive(bytes.subarray(0, 30))).toEqual({ kind: 'wait' });
    const step = subject.receive(bytes.subarray(30));
    expect(step.kind).toBe('unsupported');
    expect(Buffer.concat(step.kind === 'unsupported' ? step.bytes : [])).toEqual(bytes);
  });

  it.each<[string, number, Buffer]>([
    ['another message than a ClientHello', Alert.unexpectedMessage, record(message(2, [Buffer.alloc(40)]))],
    ['a message of more than 16 KiB', Alert.decodeError, record(Buffer.from([1, 0, 0x40, 0x00, 3, 3]))],
    ['an empty record', Alert.unexpectedMessage, record(Buffer.alloc(0))],
    ['a record of data', Alert.unexpectedMessage, record(Buffer.from('x'), ContentType.applicationData)],
    ['a ChangeCipherSpec', Alert.unexpectedMessage, record(Buffer.from([1]), ContentType.changeCipherSpec)],
    [
      'something behind the hello',
      Alert.unexpectedMessage,
      record(Buffer.concat([hello(), Buffer.alloc(1)])),
    ],
    ['a hello that is cut off', Alert.decodeError, record(message(1, [helloBody({}).subarray(0, 60)]))],
    ['no protocol of ours', Alert.noApplicationProtocol, record(hello({ protocols: ['h2'] }))],
    ['a key share that is too short', Alert.illegalParameter, withShare(0x1d, Buffer.alloc(31, 1))],
    ['a key share of order one', Alert.illegalParameter, withShare(0x1d, Buffer.alloc(32))],
    ['a point that is not on the curve', Alert.illegalParameter, withShare(0x17, Buffer.alloc(65, 4))],
    ['a compressed point', Alert.illegalParameter, withShare(0x17, Buffer.alloc(33, 2))],
  ])('ends the connection with the right alert after %s', async (_what, alert, bytes) => {
    expect(alertOf(() => handshake().receive(bytes))).toBe(alert);
    expect(await answerTo(bytes)).toEqual(Buffer.from([ContentType.alert, 3, 3, 0, 2, 2, alert]));
  });

  it.each<[string, number, Buffer]>([
    ['a Finished without protection', Alert.unexpectedMessage, record(message(20, [Buffer.alloc(32)]))],
    ['data that nobody can read', Alert.badRecordMac, record(Buffer.alloc(40), ContentType.applicationData)],
    [
      'an odd ChangeCipherSpec',
      Alert.unexpectedMessage,
      record(Buffer.from([2]), ContentType.changeCipherSpec),
    ],
  ])('ends the connection with a protected alert after the hello and %s', async (_what, alert, bytes) => {
    const subject = handshake();
    subject.receive(record(hello()));
    expect(alertOf(() => subject.receive(bytes))).toBe(alert);
    const sent = await answerTo(Buffer.concat([record(hello()), bytes]));
    // ServerHello, ChangeCipherSpec, the rest of the flight, the alert.
    expect(types(sent)).toEqual([22, 20, 23, 23]);
  });

  it('ignores a ChangeCipherSpec before Finished, and ends at an alert of the client', () => {
    const subject = handshake();
    subject.receive(record(hello()));
    expect(subject.receive(record(Buffer.from([1]), ContentType.changeCipherSpec))).toEqual({ kind: 'wait' });
    const refused = record(Buffer.from([2, 42]), ContentType.alert);
    expect(alertOf(() => subject.receive(refused))).toBe(42);
  });

  it('never throws into who gives it bytes, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 50 })), async (chunks) => {
        const [near, far] = duplexPair();
        acceptTls(near, { identity, protocols }, (socket) => socket.on('error', () => undefined));
        for (const chunk of chunks) if (!far.destroyed) far.write(chunk);
        far
          .on('error', () => undefined)
          .resume()
          .end();
        await new Promise((resolve) => near.once('close', resolve));
      }),
    );
  });
});

describe('Tls13Identity', () => {
  it('shows the certificate and those that lead to its CA, in that order', () => {
    const one = new Tls13Identity(leaf).certificateMessage;
    const two = new Tls13Identity({ ...leaf, cert: leaf.cert + leaf.cert }).certificateMessage;
    const entry = one.subarray(8);
    expect(two.subarray(8)).toEqual(Buffer.concat([entry, entry]));
  });

  it('refuses what it can’t sign with', () => {
    expect(() => new Tls13Identity({ ...leaf, cert: '' })).toThrow(TypeError);
  });
});

function withShare(group: number, key: Buffer): Buffer {
  return record(hello({ groups: [group], shares: [{ group, key }] }));
}

function types(bytes: Buffer): number[] {
  const found: number[] = [];
  for (let at = 0; at < bytes.length; at += 5 + bytes.readUInt16BE(at + 3)) found.push(bytes[at] ?? 0);
  return found;
}
