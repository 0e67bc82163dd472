/** Base of all errors of this package; match on `code`. */
export class FakeRancherError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** An answer of the management API that is not a success, in norman's words (rancher/norman httperror). */
export class ApiError extends FakeRancherError {
  readonly status: number;
  /** Norman's error code such as `NotUnique`. */
  readonly reason: string;
  readonly fieldName: string | undefined;

  constructor(status: number, reason: string, message: string, fieldName?: string) {
    super('ERR_FR_API', message);
    this.status = status;
    this.reason = reason;
    this.fieldName = fieldName;
  }
}

/** No tunnel of the cluster came back within the dialer's patience (rancher pkg/dialer `clusterDialer`). */
export class AgentDisconnectedError extends FakeRancherError {
  constructor() {
    super('ERR_FR_AGENT_DISCONNECTED', 'cluster agent disconnected');
  }
}

/** A dial or TLS handshake inside a tunnel failed; `kind` names the violation it was reported as. */
export class DialError extends FakeRancherError {
  readonly kind: 'dial-failed' | 'dial-unanswered' | 'tls-failure';

  constructor(kind: DialError['kind'], message: string, options?: ErrorOptions) {
    super('ERR_FR_DIAL', message, options);
    this.kind = kind;
  }
}

/** A request to a cluster got no complete answer in time. */
export class UnansweredError extends FakeRancherError {
  constructor(what: string, timeoutMs: number) {
    super('ERR_FR_UNANSWERED', `${what}: no answer within ${timeoutMs} ms`);
  }
}

/** A cluster's API server answered with a status of 400 or more. */
export class KubeStatusError extends FakeRancherError {
  readonly status: number;

  constructor(what: string, status: number, message: string) {
    super('ERR_FR_KUBE_STATUS', `${what}: ${status} ${message}`);
    this.status = status;
  }
}

/** A cluster answered, but not in the way that a Kubernetes API server does. */
export class ClusterFaultError extends FakeRancherError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_FR_CLUSTER_FAULT', message, options);
  }
}

/** Options that cannot be used. */
export class OptionsError extends FakeRancherError {
  constructor(message: string) {
    super('ERR_FR_OPTIONS', message);
  }
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
