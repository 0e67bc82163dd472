import type { Readable, Writable } from 'node:stream';
import type { Status } from '../../object.js';

/** Which streams a client of exec or attach asks for (`PodExecOptions`, `PodAttachOptions`). */
export interface StreamOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** The client's ends of a command's streams, whatever carries them. */
export interface RemoteStreams {
  readonly stdin: Readable | undefined;
  readonly stdout: Writable | undefined;
  readonly stderr: Writable | undefined;
  /** Says how the command has ended and closes the connection. */
  end(status: RemoteStatus): void;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

export type RemoteStatus = Omit<Status, 'kind' | 'apiVersion' | 'code'> & { code?: number };

/** What the first versions of the protocol send in place of the Status: nothing, or why it failed. */
export const legacyStatusText = (status: RemoteStatus): string =>
  status.status === 'Success' ? '' : (status.message ?? '');
