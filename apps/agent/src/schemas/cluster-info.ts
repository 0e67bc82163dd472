import { Type } from 'typebox';

/** Objects of the cluster as the earlier program described them; what is inside depends on the template. */
const Objects = (what: string) =>
  Type.Optional(
    Type.Array(Type.Object({ name: Type.String() }, { additionalProperties: true }), { description: what }),
  );

/** `GET /clusters/{name}`. */
export const ClusterInfoBody = Type.Object({
  name: Type.String(),
  clusterID: Type.Optional(Type.String()),
  status: Type.Optional(Type.String()),
  nodes: Objects(
    'name, status, roles, age, version, internalIP, externalIP, osImage, kernelVer, containerRuntime, capacity, allocatable',
  ),
  pods: Objects('name, namespace, status, ready, restarts, age, ip, node, labels'),
  services: Objects('name, namespace, type, clusterIP, externalIP, ports, age, labels'),
  secrets: Objects('name, namespace, type, data, dataKeys, age'),
  configmaps: Objects('name, namespace, data, dataKeys, age'),
  deployments: Objects('name, namespace, ready, upToDate, available, age, labels'),
});
