/** How the error of a lower layer is shown to a client of the REST API. */
export interface HttpError {
  readonly status: number;
  readonly body: { readonly error: string; readonly code: string; readonly field?: string };
}

interface Row {
  readonly status: number;
  /** The part of the request that such an error is about. */
  readonly field?: string;
  /** Said instead of the error's own message. */
  readonly message?: string;
}

/** The one place where an error's stable `code` becomes an HTTP status. */
const table: Readonly<Record<string, Row>> = {
  ERR_FLEET_INVALID_NAME: { status: 400, field: 'name' },
  ERR_FLEET_CLUSTER_EXISTS: { status: 409, field: 'name' },
  ERR_FLEET_CLUSTER_NOT_FOUND: { status: 404 },
  ERR_FLEET_UNKNOWN_BACKEND: { status: 400, field: 'backend' },
  ERR_FLEET_UNKNOWN_TEMPLATE: { status: 400, field: 'template' },
  ERR_TEMPLATE: { status: 400, field: 'template' },
  ERR_FLEET_CAPACITY: { status: 507 },
  ERR_FLEET_CLOSED: { status: 503 },
  ERR_FLEET_STATE: { status: 500 },

  ERR_AGENT_INVALID_REQUEST: { status: 400 },
  ERR_AGENT_UNAUTHORIZED: { status: 401 },
  ERR_AGENT_FOREIGN_PAGE: { status: 403 },
  ERR_AGENT_ROUTE_NOT_FOUND: { status: 404 },
  ERR_AGENT_METHOD_NOT_ALLOWED: { status: 405 },
  ERR_AGENT_CLOSING: { status: 503 },

  FST_ERR_VALIDATION: { status: 400 },
  FST_ERR_CTP_EMPTY_JSON_BODY: { status: 400, message: 'Invalid request body' },
  FST_ERR_CTP_INVALID_JSON_BODY: { status: 400, message: 'Invalid request body' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { status: 400, message: 'Invalid request body' },
  FST_ERR_CTP_BODY_TOO_LARGE: { status: 413 },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { status: 415 },
};

const INTERNAL = 'ERR_AGENT_INTERNAL';

/**
 * Looks an error up. What is not in the table but carries a code and a status is shown with these; anything else
 * is a bug: status 500 and a message that tells nothing of the inside.
 */
export function toHttpError(error: unknown): HttpError {
  const { code, message, status, statusCode, field } = fieldsOf(error);
  const row = code === undefined ? undefined : table[code];
  const answer = row?.status ?? status ?? statusCode;
  if (code === undefined || answer === undefined) {
    return { status: 500, body: { error: 'internal error; the log of the agent says more', code: INTERNAL } };
  }
  const named = field ?? row?.field;
  return {
    status: answer,
    body: { error: row?.message ?? message, code, ...(named === undefined ? {} : { field: named }) },
  };
}

function fieldsOf(error: unknown): {
  code: string | undefined;
  message: string;
  status: number | undefined;
  statusCode: number | undefined;
  field: string | undefined;
} {
  const object = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  const httpStatus = (value: unknown): number | undefined =>
    typeof value === 'number' && value >= 400 && value < 600 ? value : undefined;
  return {
    code: text(object['code']),
    message: text(object['message']) ?? '',
    status: httpStatus(object['status']),
    statusCode: httpStatus(object['statusCode']),
    field: text(object['field']),
  };
}
