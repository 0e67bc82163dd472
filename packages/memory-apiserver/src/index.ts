export { ApiServer } from './api-server.js';
export { createApiServer } from './create-api-server.js';
export type {
  ApiServerOptions,
  CreateClusterOptions,
  FieldForms,
  Logger,
  PreparedBase,
} from './api-server.js';
export type { PreparedBase as ClusterBase } from './api-server.js';
export type { Cluster } from './cluster.js';
export { kubeconfigText, writeKubeconfig } from './kubeconfig.js';
export type { KubeconfigFacts } from './kubeconfig.js';
export type { ListenOptions, LocalServer } from './listen.js';
export { createAuthority, createServerCertificate } from './pki/certificates.js';
export type { KeyPairPem } from './pki/certificates.js';
export type { ClusterSnapshot } from './snapshot.js';
export type { FormRecord } from './codec/managed-fields.js';
export { toTable } from './codec/table.js';
export type { Table, TableOptions } from './codec/table.js';
export { DelayingQueue } from './delaying-queue.js';
export type { DelayingQueueOptions } from './delaying-queue.js';
export { ApiError, isApiError } from './errors.js';
export type { Json, KubeObject, ObjectMeta, OwnerReference, Status, StatusDetails } from './object.js';
export type { RequestReport } from './http/exchange.js';
export type {
  ClusterApi,
  DeleteOptions,
  ListOptions,
  PatchType,
  StorageName,
  WriteOptions,
} from './registry/api.js';
export { allowAll } from './registry/user.js';
export type { Authorizer, RequestAttributes, UserInfo } from './registry/user.js';
export type { ResourceCatalog, ResourceInfo, SubresourceInfo } from './schema/resource.js';
export { builtinCatalog } from './schema/catalog.js';
export { formatQuantity, parseQuantity } from './schema/quantity.js';
export type { Quantity } from './schema/quantity.js';
export type { JournalEntry } from './store/cluster-store.js';
export { builtinControllers, compileStage, isStage, StageError } from './controllers/index.js';
export type {
  BaseDraft,
  Controller,
  ControllerContext,
  ControllerMetrics,
  HeartbeatOptions,
} from './controllers/index.js';
export type { KubeVersion } from './version.js';
export { kubeVersion } from './version.js';
