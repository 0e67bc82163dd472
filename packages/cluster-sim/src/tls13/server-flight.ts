import { createHash, randomBytes } from 'node:crypto';
import type { ClientHello } from './client-hello.js';
import type { Tls13Identity } from './identity.js';
import { agree } from './key-exchange.js';
import { deriveSecret, extract, finishedData } from './key-schedule.js';
import { HandshakeType, message, uint16s, vector } from './messages.js';
import type { Choice } from './negotiate.js';
import { ContentType, plainRecord, recordContents } from './records.js';
import { TrafficKeys } from './traffic-keys.js';

const NOTHING = Buffer.alloc(0);
const LEGACY_VERSION = 0x0303;
const TLS13 = 0x0304;
const ECDSA_SECP256R1_SHA256 = 0x0403;
const EXTENSION_ALPN = 16;
const EXTENSION_SUPPORTED_VERSIONS = 43;
const EXTENSION_KEY_SHARE = 51;

/** Goes before the transcript's hash in what is signed (RFC 8446 §4.4.3). */
const SIGNED_PREFIX = Buffer.from(`${' '.repeat(64)}TLS 1.3, server CertificateVerify\0`, 'latin1');

/** The one message of old times that is allowed, so that middleboxes see what they know (RFC 8446 §D.4). */
const CHANGE_CIPHER_SPEC = plainRecord(ContentType.changeCipherSpec, Buffer.from([1]));

/** What the server sends at once, and what it needs for what follows. */
export interface ServerFlight {
  /** All records from ServerHello to Finished. */
  bytes: Buffer;
  /** For the rest of the client's handshake. */
  handshakeReading: TrafficKeys;
  /** The verify_data that the client's Finished must have. */
  expectedFinished: Buffer;
  /** For data, and for alerts from now on. */
  writing: TrafficKeys;
  /** For data of the client, after its Finished. */
  reading: TrafficKeys;
}

/**
 * Answers a ClientHello (RFC 8446 §2, Figure 1): ServerHello, EncryptedExtensions, Certificate, CertificateVerify,
 * Finished. Throws TlsAlertError when the client's key share is no key.
 */
export function serverFlight(
  helloMessage: Buffer,
  hello: ClientHello,
  choice: Choice,
  identity: Tls13Identity,
): ServerFlight {
  const { suite } = choice;
  const { hash } = suite;
  const transcript = createHash(hash).update(helloMessage);
  const transcriptHash = (): Buffer => Buffer.from(transcript.copy().digest('binary'), 'latin1');

  const { share, secret } = agree(choice.group, choice.clientShare);
  const serverHello = makeServerHello(hello.sessionId, choice, share);
  transcript.update(serverHello);
  const handshakeSecret = extract(hash, suite.handshakeSalt, secret);
  const helloHash = transcriptHash();
  const clientSecret = deriveSecret(hash, handshakeSecret, 'c hs traffic', helloHash);
  const serverSecret = deriveSecret(hash, handshakeSecret, 's hs traffic', helloHash);

  const extensions = message(HandshakeType.encryptedExtensions, [vector(2, alpn(choice.protocol))]);
  transcript.update(extensions).update(identity.certificateMessage);
  const signature = identity.sign(Buffer.concat([SIGNED_PREFIX, transcriptHash()]));
  const verify = message(HandshakeType.certificateVerify, [
    uint16s(ECDSA_SECP256R1_SHA256),
    vector(2, signature),
  ]);
  transcript.update(verify);
  const finished = message(HandshakeType.finished, [finishedData(hash, serverSecret, transcriptHash())]);
  const finishedHash = transcript.update(finished).digest();

  const handshakeWriting = new TrafficKeys(suite, serverSecret);
  const records = [plainRecord(ContentType.handshake, serverHello)];
  if (hello.sessionId.length > 0) records.push(CHANGE_CIPHER_SPEC);
  const messages = [extensions, identity.certificateMessage, verify, finished];
  for (const { pieces, bytes } of recordContents(messages)) {
    records.push(handshakeWriting.seal(ContentType.handshake, pieces, bytes));
  }

  const derived = deriveSecret(hash, handshakeSecret, 'derived', suite.emptyHash);
  const mainSecret = extract(hash, derived, Buffer.alloc(suite.hashBytes));
  return {
    bytes: Buffer.concat(records),
    handshakeReading: new TrafficKeys(suite, clientSecret),
    expectedFinished: finishedData(hash, clientSecret, finishedHash),
    writing: new TrafficKeys(suite, deriveSecret(hash, mainSecret, 's ap traffic', finishedHash)),
    reading: new TrafficKeys(suite, deriveSecret(hash, mainSecret, 'c ap traffic', finishedHash)),
  };
}

/** RFC 8446 §4.1.3. */
function makeServerHello(sessionId: Buffer, { suite, group }: Choice, share: Buffer): Buffer {
  const extensions = [
    ...extension(EXTENSION_SUPPORTED_VERSIONS, uint16s(TLS13)),
    ...extension(EXTENSION_KEY_SHARE, uint16s(group), vector(2, share)),
  ];
  return message(HandshakeType.serverHello, [
    uint16s(LEGACY_VERSION),
    randomBytes(32),
    vector(1, sessionId),
    uint16s(suite.id),
    Buffer.from([0]),
    vector(2, ...extensions),
  ]);
}

/** RFC 7301 §3.1: the answer is a list of one. */
function alpn(protocol: string | undefined): Buffer {
  if (protocol === undefined) return NOTHING;
  return Buffer.concat(extension(EXTENSION_ALPN, vector(2, vector(1, Buffer.from(protocol, 'latin1')))));
}

function extension(type: number, ...parts: Buffer[]): Buffer[] {
  return [uint16s(type), vector(2, ...parts)];
}
