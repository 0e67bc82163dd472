export type { CallOptions } from './client.js';
export { RancherClient } from './client.js';
export type { ClusterCondition, CreatedVia, RancherCluster } from './cluster.js';
export { isActive } from './cluster.js';
export type { ClusterFilter, CreateClusterRequest } from './clusters.js';
export type { RancherErrorOptions } from './errors.js';
export {
  AlreadyExistsError,
  ForbiddenError,
  NetworkError,
  NotFoundError,
  OptionsError,
  RancherError,
  TlsError,
  UnauthorizedError,
  UnexpectedAnswerError,
  WaitTimeoutError,
} from './errors.js';
export type {
  Logger,
  PollOptions,
  RancherAnswer,
  RancherClientOptions,
  RetryOptions,
  SubscriptionOptions,
  TlsOptions,
} from './options.js';
export type { RegistrationToken } from './registration-tokens.js';
export type { ClusterEvent, SubscribeOptions } from './subscription.js';
export type { Trust } from './trust.js';
export { caChecksum } from './trust.js';
