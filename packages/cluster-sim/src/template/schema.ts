import { Type } from 'typebox';

const Text = Type.String({ minLength: 1 });
const TextOrNumber = Type.Union([Type.String(), Type.Number()]);
const Texts = Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]));
const exact = { additionalProperties: false };

const Node = Type.Object(
  {
    name: Text,
    status: Type.Optional(Type.String()),
    roles: Type.Optional(Type.Array(Type.String())),
    age: Type.Optional(Type.String()),
    version: Type.Optional(Type.String()),
    internalIP: Type.Optional(Type.String()),
    externalIP: Type.Optional(Type.String()),
    osImage: Type.Optional(Type.String()),
    kernelVer: Type.Optional(Type.String()),
    containerRuntime: Type.Optional(Type.String()),
    capacity: Type.Optional(Texts),
    allocatable: Type.Optional(Texts),
  },
  exact,
);

const container = {
  image: Type.Optional(Type.String()),
  requests: Type.Optional(Texts),
  limits: Type.Optional(Texts),
};

const Pod = Type.Object(
  {
    name: Text,
    namespace: Type.Optional(Type.String()),
    status: Type.Optional(Type.String()),
    ready: Type.Optional(Type.String()),
    restarts: Type.Optional(Type.Integer({ minimum: 0 })),
    age: Type.Optional(Type.String()),
    ip: Type.Optional(Type.String()),
    node: Type.Optional(Type.String()),
    labels: Type.Optional(Texts),
    ...container,
  },
  exact,
);

const Service = Type.Object(
  {
    name: Text,
    namespace: Type.Optional(Type.String()),
    type: Type.Optional(
      Type.Union([
        Type.Literal('ClusterIP'),
        Type.Literal('NodePort'),
        Type.Literal('LoadBalancer'),
        Type.Literal('ExternalName'),
      ]),
    ),
    clusterIP: Type.Optional(Type.String()),
    externalIP: Type.Optional(Type.String()),
    ports: Type.Optional(TextOrNumber),
    age: Type.Optional(Type.String()),
    labels: Type.Optional(Texts),
  },
  exact,
);

const keyed = {
  name: Text,
  namespace: Type.Optional(Type.String()),
  data: Type.Optional(Type.Integer({ minimum: 0, maximum: 1000 })),
  dataKeys: Type.Optional(Type.Array(Text)),
  age: Type.Optional(Type.String()),
};

const Deployment = Type.Object(
  {
    name: Text,
    namespace: Type.Optional(Type.String()),
    ready: Type.Optional(Type.String()),
    upToDate: Type.Optional(TextOrNumber),
    available: Type.Optional(TextOrNumber),
    age: Type.Optional(Type.String()),
    labels: Type.Optional(Texts),
    ...container,
  },
  exact,
);

/** Shape of `cluster.yaml` in the ClusterInfo format; what the texts in it mean is checked apart (check.ts). */
export const clusterInfoSchema = Type.Object(
  {
    name: Type.Optional(Type.String()),
    clusterID: Type.Optional(Type.String()),
    status: Type.Optional(Type.String()),
    nodes: Type.Array(Node, { minItems: 1 }),
    pods: Type.Optional(Type.Array(Pod)),
    services: Type.Optional(Type.Array(Service)),
    secrets: Type.Optional(Type.Array(Type.Object({ ...keyed, type: Type.Optional(Type.String()) }, exact))),
    configmaps: Type.Optional(Type.Array(Type.Object(keyed, exact))),
    deployments: Type.Optional(Type.Array(Deployment)),
  },
  exact,
);

/** Keys that an object at a JSON pointer such as `/pods/3` may have, for "did you mean". */
export function knownKeys(pointer: string): string[] {
  const list = /^\/(\w+)\/\d+$/.exec(pointer)?.[1];
  if (pointer === '') return Object.keys(clusterInfoSchema.properties);
  const lists: Record<string, { items: { properties: object } }> = {
    nodes: clusterInfoSchema.properties.nodes,
    pods: clusterInfoSchema.properties.pods,
    services: clusterInfoSchema.properties.services,
    secrets: clusterInfoSchema.properties.secrets,
    configmaps: clusterInfoSchema.properties.configmaps,
    deployments: clusterInfoSchema.properties.deployments,
  };
  return Object.keys(lists[list ?? '']?.items.properties ?? {});
}
