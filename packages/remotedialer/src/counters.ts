/** What one session has done so far. Only ever grows. */
export class SessionCounters {
  connectionsOpened = 0;
  connectionsClosed = 0;
  /** Payload bytes handed to the transport. */
  bytesSent = 0;
  /** Payload bytes received for known connections. */
  bytesReceived = 0;
  /** Bytes of Error messages sent, headers included. */
  errorBytesSent = 0;
  pausesSent = 0;
  pausesReceived = 0;
  /** Connections that were dropped because the other end's SyncConnections lacked them. */
  connectionsSynced = 0;
}
