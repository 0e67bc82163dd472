/** What every error of this package can tell. */
export interface KwokDriverErrorOptions extends ErrorOptions {
  /** The cluster that the command was about. */
  cluster?: string | undefined;
}

/** Base of all errors of this package. `code` is stable: match on it, not on the message. */
export class KwokDriverError extends Error {
  override readonly name: string = 'KwokDriverError';
  readonly cluster: string | undefined;

  constructor(
    readonly code: string,
    message: string,
    options: KwokDriverErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.cluster = options.cluster;
  }
}

/** The options of a call can't be used: a bad cluster name, a missing file, a secret among the arguments. */
export class OptionsError extends KwokDriverError {
  override readonly name = 'OptionsError';
  constructor(message: string, options: KwokDriverErrorOptions = {}) {
    super('ERR_KWOK_OPTIONS', message, options);
  }
}

/** There is no such cluster in the work folder. */
export class ClusterNotFoundError extends KwokDriverError {
  override readonly name = 'ClusterNotFoundError';
  constructor(cluster: string, options: KwokDriverErrorOptions = {}) {
    super('ERR_KWOK_CLUSTER_NOT_FOUND', `no KWOK cluster "${cluster}" in the work folder`, {
      ...options,
      cluster,
    });
  }
}

/** A cluster of that name is already in the work folder. kwokctl itself would start and keep it. */
export class ClusterExistsError extends KwokDriverError {
  override readonly name = 'ClusterExistsError';
  constructor(cluster: string, options: KwokDriverErrorOptions = {}) {
    super('ERR_KWOK_CLUSTER_EXISTS', `a KWOK cluster "${cluster}" already exists; delete it or start it`, {
      ...options,
      cluster,
    });
  }
}

/** A port that a component needs belongs to another process. */
export class PortInUseError extends KwokDriverError {
  override readonly name = 'PortInUseError';
  constructor(
    readonly port: number,
    /** The component that wanted it: `kube-apiserver`, `etcd`, … */
    readonly component: string,
    options: KwokDriverErrorOptions = {},
  ) {
    super(
      'ERR_KWOK_PORT_IN_USE',
      `port ${port}, wanted by ${component}, is in use by another process; give another port or stop that process`,
      options,
    );
  }
}

/** A program isn't where it should be, or can't be executed, or kwokctl couldn't download it. */
export class BinaryMissingError extends KwokDriverError {
  override readonly name = 'BinaryMissingError';
  constructor(
    readonly binary: string,
    message: string,
    options: KwokDriverErrorOptions = {},
  ) {
    super('ERR_KWOK_BINARY_MISSING', message, options);
  }
}

/** A program is too old, or didn't tell its version. */
export class BinaryVersionError extends KwokDriverError {
  override readonly name = 'BinaryVersionError';
  constructor(
    readonly binary: string,
    message: string,
    options: KwokDriverErrorOptions = {},
  ) {
    super('ERR_KWOK_BINARY_VERSION', message, options);
  }
}

/** Where a command failed. */
export interface CommandErrorOptions extends KwokDriverErrorOptions {
  /** The command line, quoted for a shell. */
  command: string;
  /** Undefined when a signal ended it. */
  exitCode?: number | undefined;
  /** The last part of what it wrote to stderr, at most 4,000 characters. */
  stderrTail?: string | undefined;
}

/** A command ended with a failure that no other class names. */
export class CommandError extends KwokDriverError {
  override readonly name: string = 'CommandError';
  readonly command: string;
  readonly exitCode: number | undefined;
  readonly stderrTail: string;

  constructor(message: string, options: CommandErrorOptions, code = 'ERR_KWOK_COMMAND') {
    super(code, message, options);
    this.command = options.command;
    this.exitCode = options.exitCode;
    this.stderrTail = options.stderrTail ?? '';
  }
}

/** A command took longer than its `timeoutMs` and was ended. */
export class CommandTimeoutError extends CommandError {
  override readonly name = 'CommandTimeoutError';
  constructor(message: string, options: CommandErrorOptions) {
    super(message, options, 'ERR_KWOK_TIMEOUT');
  }
}

/** The caller's signal ended the command. */
export class CommandAbortedError extends CommandError {
  override readonly name = 'CommandAbortedError';
  constructor(message: string, options: CommandErrorOptions) {
    super(message, options, 'ERR_KWOK_ABORTED');
  }
}

/** The cluster's processes started, but it didn't get ready in `waitMs`; kwokctl alone exits with 0 then. */
export class ClusterNotReadyError extends CommandError {
  override readonly name = 'ClusterNotReadyError';
  constructor(message: string, options: CommandErrorOptions) {
    super(message, options, 'ERR_KWOK_NOT_READY');
  }
}
