/** What every error of this package can tell about the request behind it. */
export interface RancherErrorOptions extends ErrorOptions {
  /** HTTP status of Rancher's answer; 0 when there was none. */
  status?: number;
  /** Method and path, without query and secrets: `POST /v3/clusters`. */
  request?: string;
  /** The field that Rancher complained about. */
  fieldName?: string;
}

/**
 * Base of all errors of this package.
 *
 * `code` is Rancher's own word for answers (`NotUnique`, `AlreadyExists`, `PermissionDenied`, …; norman
 * `httperror`, rancher/apiserver `apierror`) and starts with `ERR_RANCHER_` where no answer of Rancher is behind it.
 */
export class RancherError extends Error {
  override readonly name: string = 'RancherError';
  readonly status: number;
  readonly request: string | undefined;
  readonly fieldName: string | undefined;

  constructor(
    readonly code: string,
    message: string,
    options: RancherErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status ?? 0;
    this.request = options.request;
    this.fieldName = options.fieldName;
  }
}

/** The name is taken: 409 `AlreadyExists` of `/v1`, 422 `NotUnique` of `/v3`. */
export class AlreadyExistsError extends RancherError {
  override readonly name = 'AlreadyExistsError';
}

/** 401: the API token is wrong, expired or revoked. */
export class UnauthorizedError extends RancherError {
  override readonly name = 'UnauthorizedError';
}

/** 403: the token is known but may not do this. */
export class ForbiddenError extends RancherError {
  override readonly name = 'ForbiddenError';
}

/** 404: there is no such thing, or the token's user may not see it. */
export class NotFoundError extends RancherError {
  override readonly name = 'NotFoundError';
}

/** No answer: refused, reset, unresolved, timed out. Retried before it is thrown. */
export class NetworkError extends RancherError {
  override readonly name = 'NetworkError';
}

/** Rancher's certificate, CA or checksum is not what was expected. Never retried. */
export class TlsError extends RancherError {
  override readonly name = 'TlsError';
}

/** Rancher answered, but something that should appear by itself (management id, token) didn't in time. */
export class WaitTimeoutError extends RancherError {
  override readonly name = 'WaitTimeoutError';
}

/** An answer that isn't what the API promises: not JSON, a list that is cut off. */
export class UnexpectedAnswerError extends RancherError {
  override readonly name = 'UnexpectedAnswerError';
}

/** The options given to the client can't be used. */
export class OptionsError extends RancherError {
  override readonly name = 'OptionsError';
  constructor(message: string) {
    super('ERR_RANCHER_OPTIONS', message);
  }
}

const taken = new Set(['AlreadyExists', 'NotUnique']);

/**
 * The error for an answer with a failure status.
 *
 * @param request method and path, already free of secrets
 * @param body the answer's body; norman's JSON shape, or any text (layers before norman answer plain text)
 */
export function errorFromAnswer(request: string, status: number, body: string): RancherError {
  const parsed = parseErrorBody(body);
  const code = parsed.code ?? defaultCode(status);
  const text = parsed.message === '' ? '' : `: ${parsed.message}`;
  const options: RancherErrorOptions = {
    status,
    request,
    ...(parsed.fieldName === undefined ? {} : { fieldName: parsed.fieldName }),
  };
  return new (classFor(status, code))(code, `${request}: ${status} ${code}${text}`, options);
}

function classFor(status: number, code: string): typeof RancherError {
  if (taken.has(code)) return AlreadyExistsError;
  switch (status) {
    case 401:
      return UnauthorizedError;
    case 403:
      return ForbiddenError;
    case 404:
      return NotFoundError;
    default:
      return RancherError;
  }
}

interface ErrorBody {
  code?: string;
  message: string;
  fieldName?: string;
}

/** Longest piece of an answer that goes into a message; proxies send whole HTML pages. */
const maxTextChars = 300;

/** Reads norman's error body; anything else becomes one shortened line of text. Never throws. */
export function parseErrorBody(body: string): ErrorBody {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { message: shorten(body) };
  }
  if (typeof value !== 'object' || value === null) return { message: shorten(body) };
  const { code, message, fieldName, detail } = value as Record<string, unknown>;
  const texts = [message, detail].filter((text) => typeof text === 'string' && text !== '');
  const field = typeof fieldName === 'string' && fieldName !== '' ? fieldName : undefined;
  return {
    ...(typeof code === 'string' && code !== '' ? { code } : {}),
    message: shorten(texts.length > 0 ? texts.join(', ') : field === undefined ? '' : `field "${field}"`),
    ...(field === undefined ? {} : { fieldName: field }),
  };
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= maxTextChars ? line : `${line.slice(0, maxTextChars)}…`;
}

/** Rancher's code for a status whose body names none (norman `httperror`). */
function defaultCode(status: number): string {
  switch (status) {
    case 401:
      return 'Unauthorized';
    case 403:
      return 'PermissionDenied';
    case 404:
      return 'NotFound';
    case 405:
      return 'MethodNotAllowed';
    case 409:
      return 'Conflict';
    case 429:
      return 'TooManyRequests';
    case 503:
      return 'ClusterUnavailable';
    default:
      return status >= 500 ? 'ServerError' : 'BadRequest';
  }
}
