import type { ConnectHandler } from '@scale-cluster/remotedialer';
import { writeBytes } from './streams.js';

/**
 * Serves dials inside this process, so that the library is measured and not sockets behind it: `source:N` gives N
 * bytes and ends, `sink:N` takes N bytes and answers one, `echo:0` returns what it gets.
 */
export const serveTarget: ConnectHandler = (connection, { address }) => {
  const [kind, number] = address.split(':');
  const bytes = Number(number);
  switch (kind) {
    case 'source':
      void writeBytes(connection, bytes).then(() => connection.end());
      return;
    case 'sink': {
      let left = bytes;
      connection.on('data', (chunk: Buffer) => {
        left -= chunk.length;
        if (left === 0) connection.write(Buffer.of(1));
      });
      return;
    }
    case 'echo':
      connection.on('data', (chunk: Buffer) => connection.write(chunk));
      return;
    default:
      connection.destroy(new Error(`no target ${address}`));
  }
};
