import { randomUUID } from 'node:crypto';
import type { Exchange } from '../exchange.js';
import { wantsWebSocket } from './upgrade.js';
import { chooseProtocol, openWebSocket } from './websocket.js';

/** Where a log goes: the body of an answer, or messages of a WebSocket. */
export interface LogSink {
  /** False while the client hasn't taken what was written. */
  readonly ready: boolean;
  write(bytes: Buffer): void;
  end(): void;
  /** Called once, after the end of either side. */
  onClose(callback: () => void): void;
}

/** Subprotocols of logs: k8s.io/apimachinery `pkg/util/httpstream/wsstream` `NewDefaultReaderProtocols`. */
const protocols = ['binary.k8s.io', 'base64.binary.k8s.io', ''];

/** Opens the sink that the client asks for. Throws BadRequest. */
export function logSink(exchange: Exchange, onOpen: (sink: LogSink) => void): void {
  const { request, response, upgrade } = exchange;
  if (upgrade === undefined || !wantsWebSocket(request)) return onOpen(bodySink(exchange));
  const protocol = chooseProtocol(request, protocols);
  openWebSocket(request, response, upgrade, protocol, (client) => {
    const base64 = protocol.startsWith('base64');
    onOpen({
      get ready() {
        return client.bufferedAmount === 0;
      },
      write: (bytes) => client.send(base64 ? bytes.toString('base64') : bytes, { binary: !base64 }),
      end: () => client.close(1000),
      onClose: (callback) => client.once('close', callback),
    });
  });
}

function bodySink(exchange: Exchange): LogSink {
  const { response } = exchange;
  response.writeHead(200, {
    'Audit-Id': randomUUID(),
    'Cache-Control': 'no-cache, private',
    'Content-Type': 'text/plain',
  });
  response.flushHeaders();
  return {
    get ready() {
      return !response.writableNeedDrain && !response.writableEnded;
    },
    write(bytes) {
      exchange.bytes += bytes.length;
      response.write(bytes);
    },
    end: () => response.end(),
    onClose: (callback) => response.once('close', callback),
  };
}
