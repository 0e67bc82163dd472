/** The kinds of protocol message; the numbers are those on the wire (Go: message.go). */
export const MessageType = {
  Data: 1,
  Connect: 2,
  Error: 3,
  AddClient: 4,
  RemoveClient: 5,
  Pause: 6,
  Resume: 7,
  SyncConnections: 8,
} as const;

/** Any signed 64-bit integer: a `number` when it is a safe integer, else a `bigint`. */
export type Int64 = number | bigint;

/** One protocol message. Payloads are views into the received bytes, never copies. */
export type Message =
  DataMessage | ConnectMessage | ErrorMessage | ClientMessage | FlowMessage | SyncMessage | UnknownMessage;

/** Bytes of one connection; may be empty. */
export interface DataMessage {
  readonly type: typeof MessageType.Data;
  readonly connectionId: Int64;
  readonly payload: Buffer;
}

/** Asks the receiver to dial. There is no reply: failure shows up as an Error later. */
export interface ConnectMessage {
  readonly type: typeof MessageType.Connect;
  readonly connectionId: Int64;
  readonly protocol: string;
  readonly address: string;
}

/** Closes one connection. */
export interface ErrorMessage {
  readonly type: typeof MessageType.Error;
  readonly connectionId: Int64;
  /** True when the text is exactly `EOF`: a graceful close. */
  readonly eof: boolean;
  /** At most 100 bytes of text. */
  readonly text: string;
}

/** A peer announces or withdraws one of its sessions. Unparsed, because only one role may complain about its form. */
export interface ClientMessage {
  readonly type: typeof MessageType.AddClient | typeof MessageType.RemoveClient;
  /** `clientKey/sessionKey`, at most 100 bytes. */
  readonly text: string;
}

/** Asks the receiver to stop or to go on sending Data of one connection. */
export interface FlowMessage {
  readonly type: typeof MessageType.Pause | typeof MessageType.Resume;
  readonly connectionId: Int64;
}

/** All connections the sender knows; the receiver drops its others. */
export interface SyncMessage {
  readonly type: typeof MessageType.SyncConnections;
  readonly connectionIds: readonly Int64[];
}

/** A type this version does not know. Receivers ignore it. */
export interface UnknownMessage {
  readonly type: 0;
  readonly rawType: Int64;
}

const names = new Map<number, string>(Object.entries(MessageType).map(([name, type]) => [type, name]));

/** One line for logs, such as `Data 2 (1024 bytes)`. Shows no payload bytes, so it is safe for secrets in streams. */
export function formatMessage(message: Message): string {
  const name = names.get(message.type) ?? 'Unknown';
  switch (message.type) {
    case MessageType.Data:
      return `${name} ${message.connectionId} (${message.payload.length} bytes)`;
    case MessageType.Connect:
      return `${name} ${message.connectionId} ${message.protocol}/${message.address}`;
    case MessageType.Error:
      return `${name} ${message.connectionId} ${JSON.stringify(message.text)}`;
    case MessageType.AddClient:
    case MessageType.RemoveClient:
      return `${name} ${message.text}`;
    case MessageType.Pause:
    case MessageType.Resume:
      return `${name} ${message.connectionId}`;
    case MessageType.SyncConnections:
      return `${name} [${message.connectionIds.join(' ')}]`;
    default:
      return `${name} type ${message.rawType}`;
  }
}
