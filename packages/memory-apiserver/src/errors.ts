import type { Status, StatusDetails } from './object.js';

/**
 * An answer other than success, as Kubernetes says it: HTTP code, `reason`, message and details.
 * Everything in this package that refuses a request throws one; the HTTP layer writes its {@link status}.
 * Texts and reasons follow k8s.io/apimachinery `pkg/api/errors`.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly details?: StatusDetails,
  ) {
    super(message);
  }

  /** The `metav1.Status` body of the answer. */
  get status(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

/** True for an {@link ApiError}, optionally only with the given reason (`NotFound`, `Conflict`, …). */
export function isApiError(error: unknown, reason?: string): error is ApiError {
  return error instanceof ApiError && (reason === undefined || error.reason === reason);
}

interface Named {
  group: string;
  plural: string;
}

/** `nodes` or `deployments.apps`: how Kubernetes names a resource in its messages. */
export function qualifiedResource({ group, plural }: Named): string {
  return group === '' ? plural : `${plural}.${group}`;
}

const details = (resource: Named, name: string): StatusDetails => ({
  ...(name === '' ? {} : { name }),
  ...(resource.group === '' ? {} : { group: resource.group }),
  kind: resource.plural,
});

export const notFound = (resource: Named, name: string): ApiError =>
  new ApiError(
    404,
    'NotFound',
    `${qualifiedResource(resource)} "${name}" not found`,
    details(resource, name),
  );

export const alreadyExists = (resource: Named, name: string): ApiError =>
  new ApiError(
    409,
    'AlreadyExists',
    `${qualifiedResource(resource)} "${name}" already exists`,
    details(resource, name),
  );

export const conflict = (resource: Named, name: string, why: string): ApiError =>
  new ApiError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualifiedResource(resource)} "${name}": ${why}`,
    details(resource, name),
  );

/** 403; {@link Named} of neither group nor plural stands for paths that aren't of resources. */
export function forbidden(resource: Named, name: string, why: string): ApiError {
  const what = qualifiedResource(resource);
  const subject = what === '' ? 'forbidden' : `${what}${name === '' ? '' : ` "${name}"`} is forbidden`;
  const about = what === '' ? {} : details(resource, name);
  return new ApiError(403, 'Forbidden', `${subject}: ${why}`, about);
}

export const badRequest = (message: string): ApiError => new ApiError(400, 'BadRequest', message);

/** 410: the asked resourceVersion lies before what the event log still holds. */
export const expired = (message: string): ApiError => new ApiError(410, 'Expired', message);

/** 500, of no reason: what kube-apiserver passes on from an etcd whose quota is used up. */
export const outOfSpace = (): ApiError => new ApiError(500, '', 'etcdserver: mvcc: database space exceeded');

/** For paths and methods without a route. */
export const methodNotAllowed = (): ApiError =>
  new ApiError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );

export const methodNotSupported = (resource: Named, verb: string): ApiError =>
  new ApiError(
    405,
    'MethodNotAllowed',
    `${verb} is not supported on resources of kind "${qualifiedResource(resource)}"`,
    details(resource, ''),
  );

/** One reason why an object is refused; `type` is the cause's reason (`FieldValueRequired`, …). */
export interface FieldCause {
  field: string;
  reason: string;
  message: string;
}

/** 422 with the causes of `field.ErrorList`, worded as `apierrors.NewInvalid` does. */
export function invalid(
  resource: { group: string; kind: string },
  name: string,
  causes: readonly FieldCause[],
): ApiError {
  const kind = resource.group === '' ? resource.kind : `${resource.kind}.${resource.group}`;
  // What is said twice among the causes is said once in the message.
  const texts = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
  const list = texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
  return new ApiError(422, 'Invalid', `${kind} "${name}" is invalid: ${list}`, {
    ...(name === '' ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    ...(resource.kind === '' ? {} : { kind: resource.kind }),
    causes: [...causes],
  });
}
