import { isApiError } from '@scale-cluster/memory-apiserver';
import type { SteveObject } from './types.js';

/** A request that the steve API refuses itself; refusals of the Kubernetes API below are `ApiError`s. */
export class SteveError extends Error {
  override readonly name = 'SteveError';
  constructor(
    readonly status: number,
    /** Of rancher/wrangler `schemas/validation`: `NotFound`, `MethodNotAllowed`, `InvalidBodyContent`, … */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export const notFound = (what: string): SteveError => new SteveError(404, 'NotFound', `${what} not found`);

export const methodNotAllowed = (method: string, what: string): SteveError =>
  new SteveError(405, 'MethodNotAllowed', `${method} is not supported on ${what}`);

/** The answer for a thrown error: rancher/apiserver `handlers/error.go`. Nothing of a bug's text gets out. */
export function errorAnswer(error: unknown): { status: number; body: SteveObject } {
  const { status, code, message } = describe(error);
  return { status, body: { type: 'error', links: {}, code, message, status } };
}

function describe(error: unknown): { status: number; code: string; message: string } {
  if (error instanceof SteveError) return error;
  if (isApiError(error)) return { status: error.code, code: error.reason, message: error.message };
  return { status: 500, code: 'ServerError', message: 'internal error' };
}

/** True for what {@link errorAnswer} can't explain to the client: a bug of ours, worth logging. */
export const isBug = (error: unknown): boolean => describe(error).code === 'ServerError';
