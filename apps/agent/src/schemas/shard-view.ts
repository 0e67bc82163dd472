import { Type } from 'typebox';

/** A worker thread with clusters in it. */
export const ShardBody = Type.Object({
  index: Type.Integer({ description: 'From 0.' }),
  phase: Type.Enum(['starting', 'running', 'restarting', 'closed']),
  since: Type.String({ format: 'date-time', description: 'Beginning of the phase.' }),
  clusters: Type.Integer(),
  connectedTunnels: Type.Integer({ description: 'Both of each cluster.' }),
  restarts: Type.Integer({ description: 'Times that its thread has been started anew.' }),
  requests: Type.Integer({ description: 'Answered by the Kubernetes APIs of its clusters.' }),
  eventLoop: Type.Object(
    { meanMs: Type.Number(), p99Ms: Type.Number(), maxMs: Type.Number() },
    { description: 'How late it was in the last minute.' },
  ),
  eventLoopShare: Type.Number({ description: 'Share of the last ten seconds in which it had work, 0 to 1.' }),
  memory: Type.Object(
    {
      heapUsedBytes: Type.Integer(),
      heapTotalBytes: Type.Integer(),
      heapLimitBytes: Type.Integer(),
      externalBytes: Type.Integer({ description: 'Buffers outside of the heap.' }),
    },
    { description: 'Of its JavaScript; native memory belongs to the process.' },
  ),
});
