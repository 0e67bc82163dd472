/**
 * Errors of this package. Each has a stable `code`; those that a user of the REST API can cause also say which
 * HTTP status describes them, so that callers map them without knowing every class.
 */
export class FleetError extends Error {
  override readonly name: string = 'FleetError';
  constructor(
    readonly code: string,
    message: string,
    /** The HTTP status that says the same: 400, 404, 409, 500, 507. */
    readonly status: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The wished name can't be the name of a cluster; `message` says why. */
export class InvalidNameError extends FleetError {
  override readonly name = 'InvalidNameError';
  constructor(message: string) {
    super('ERR_FLEET_INVALID_NAME', message, 400);
  }
}

/** A cluster of this name exists in the fleet already, or is still being deleted. */
export class ClusterExistsError extends FleetError {
  override readonly name = 'ClusterExistsError';
  constructor(cluster: string, deleting = false) {
    super(
      'ERR_FLEET_CLUSTER_EXISTS',
      deleting
        ? `Cluster with name '${cluster}' is still being deleted`
        : `Cluster with name '${cluster}' already exists`,
      409,
    );
  }
}

/** The fleet has no cluster of this name. */
export class ClusterNotFoundError extends FleetError {
  override readonly name = 'ClusterNotFoundError';
  constructor(readonly cluster: string) {
    super('ERR_FLEET_CLUSTER_NOT_FOUND', `cluster '${cluster}' not found`, 404);
  }
}

/** The fleet is closed or closing. */
export class FleetClosedError extends FleetError {
  override readonly name = 'FleetClosedError';
  constructor() {
    super('ERR_FLEET_CLOSED', 'the fleet is shutting down', 503);
  }
}

/** state.json could not be read or written; `cause` is the file system's error. */
export class StateError extends FleetError {
  override readonly name = 'StateError';
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_FLEET_STATE', message, 500, options);
  }
}

/** A mistake in the settings: the message is one sentence for the user. */
export class SettingsError extends FleetError {
  override readonly name = 'SettingsError';
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_SETTINGS', message, 400, options);
  }
}

/** A mistake in the cluster template: where it is and why it is refused. */
export class TemplateError extends FleetError {
  override readonly name = 'TemplateError';
  constructor(
    readonly file: string,
    /** 1-based; 0 when the file as a whole is meant. */
    readonly line: number,
    /** Such as `nodes[1].capacity.cpu`; empty when the file as a whole is meant. */
    readonly path: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      'ERR_TEMPLATE',
      `${file}${line > 0 ? `:${line}` : ''}: ${path === '' ? '' : `${path}: `}${reason}`,
      400,
      options,
    );
  }
}

/** There is no backend of this kind. */
export class UnknownBackendError extends FleetError {
  override readonly name = 'UnknownBackendError';
  readonly field = 'backend';
  constructor(backend: string, known: readonly string[]) {
    super(
      'ERR_FLEET_UNKNOWN_BACKEND',
      `there is no backend ${JSON.stringify(backend)}; known are ${known.join(', ')}`,
      400,
    );
  }
}

/** There is no template of this name. */
export class UnknownTemplateError extends FleetError {
  override readonly name = 'UnknownTemplateError';
  readonly field = 'template';
  constructor(template: string, known: readonly string[]) {
    super(
      'ERR_FLEET_UNKNOWN_TEMPLATE',
      `there is no template ${JSON.stringify(template)}; known are ${known.join(', ')}`,
      400,
    );
  }
}

/** The machine can't hold so many clusters; the message has the numbers. */
export class CapacityError extends FleetError {
  override readonly name = 'CapacityError';
  constructor(message: string) {
    super('ERR_FLEET_CAPACITY', message, 507);
  }
}

/** A cluster can't be captured: what was asked, and why it went wrong. */
export class CaptureError extends FleetError {
  override readonly name = 'CaptureError';
  constructor(message: string, options: ErrorOptions & { status?: number } = {}) {
    super('ERR_CAPTURE', message, options.status ?? 500, options);
  }
}

/** The text of any thrown value. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The thread that a cluster lives in has ended; it is started anew, and what was asked is to be asked again. */
export class ShardLostError extends FleetError {
  override readonly name = 'ShardLostError';
  constructor(shard: number) {
    super('ERR_FLEET_SHARD_LOST', `the thread of shard ${shard} has ended and is started anew`, 503);
  }
}

/** There is no shard of this number. */
export class ShardNotFoundError extends FleetError {
  override readonly name = 'ShardNotFoundError';
  constructor(shard: number, shards: number) {
    super(
      'ERR_FLEET_SHARD_NOT_FOUND',
      shards === 0
        ? 'there are no shards: Shards is 0, all clusters are in the main thread'
        : `there is no shard ${shard}: they are 0 to ${shards - 1}`,
      404,
    );
  }
}
