/** A request that the agent itself refuses; what the fleet refuses are its own errors. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  constructor(
    readonly code: AgentErrorCode,
    message: string,
    /** The part of the request that is wrong, as in `name` or `names/3`. */
    readonly field?: string,
  ) {
    super(message);
  }
}

/** The codes of {@link AgentError}; the error table gives each its HTTP status. */
export type AgentErrorCode =
  | 'ERR_AGENT_INVALID_REQUEST'
  | 'ERR_AGENT_UNAUTHORIZED'
  | 'ERR_AGENT_FOREIGN_PAGE'
  | 'ERR_AGENT_ROUTE_NOT_FOUND'
  | 'ERR_AGENT_METHOD_NOT_ALLOWED'
  | 'ERR_AGENT_CLOSING';

/** The port that the REST API should listen on can't be had; `message` says what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code = 'ERR_AGENT_LISTEN';
}
