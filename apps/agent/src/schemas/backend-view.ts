import { Type } from 'typebox';
import { BackendName } from './cluster-view.js';

/** A backend in `/api/v1/backends` and in the summary. */
export const BackendBody = Type.Object({
  kind: BackendName,
  default: Type.Boolean({ description: 'New clusters get it when they ask for none.' }),
  phase: Type.Enum(['idle', 'starting', 'ready', 'repairing', 'failed']),
  message: Type.String({
    description: 'What it is doing or waiting for; empty when there is nothing to say.',
  }),
  since: Type.String({ format: 'date-time', description: 'The beginning of the phase.' }),
  clusters: Type.Integer(),
  phases: Type.Record(Type.String(), Type.Integer(), { description: 'Its clusters by their phases.' }),
  requests: Type.Integer({ description: 'Answered by the Kubernetes APIs of its clusters.' }),
});
