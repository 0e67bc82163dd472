import { backendKinds, phaseNames, stageNames, type StageName } from '@scale-cluster/cluster-sim';
import { Type } from 'typebox';
import { TimeOrNull } from './common.js';

/** The phases a cluster can be in. */
export const PhaseName = Type.Enum([...phaseNames]);

/** The kinds of backends. */
export const BackendName = Type.Enum([...backendKinds]);

const perStage = <Value>(value: Value): Record<StageName, Value> =>
  Object.fromEntries(stageNames.map((stage) => [stage, value])) as Record<StageName, Value>;

const Tunnel = Type.Object({
  status: Type.String(),
  connectedSince: TimeOrNull,
  reconnects: Type.Integer(),
  connections: Type.Integer({ description: 'Virtual connections that Rancher has open through it.' }),
});

/** A cluster in `/api/v1`. */
export const ClusterBody = Type.Object({
  name: Type.String(),
  uid: Type.String(),
  rancherId: Type.Union([Type.String(), Type.Null()]),
  phase: PhaseName,
  stages: Type.Object(perStage(TimeOrNull), { description: 'When each stage was reached first.' }),
  timings: Type.Object(perStage(Type.Union([Type.Integer(), Type.Null()])), {
    description: 'Milliseconds from the creation to each stage.',
  }),
  conditions: Type.Array(
    Type.Object({
      type: Type.String(),
      status: Type.String(),
      reason: Type.String(),
      message: Type.String(),
      lastTransitionTime: Type.String(),
    }),
  ),
  lastError: Type.Union([
    Type.Object({
      stage: Type.String(),
      message: Type.String(),
      at: Type.String(),
      attempts: Type.Integer(),
      retryAt: TimeOrNull,
    }),
    Type.Null(),
  ]),
  rancher: Type.Union([
    Type.Object({ state: Type.String(), transitioning: Type.String(), message: Type.String() }),
    Type.Null(),
  ]),
  tunnels: Type.Object({ cluster: Tunnel, steve: Tunnel }),
  createdAt: Type.String(),
  backend: BackendName,
  template: Type.String(),
  nodes: Type.Integer(),
  proxyPort: Type.Union([Type.Integer(), Type.Null()], {
    description: 'Its own HTTPS port for the Kubernetes API, with ProxyBasePort.',
  }),
});
