import type { ResourceInfo } from '../schema/resource.js';
import type { Exchange } from './exchange.js';

/**
 * Adds warnings to the answer, which clients show to their users: `Warning` headers (RFC 7234) with code 299, one for
 * each text, however often it comes.
 */
export function addWarnings({ response }: Exchange, texts: readonly string[]): void {
  if (texts.length === 0 || response.headersSent) return;
  const lines = texts.map(
    (text) => `299 - "${text.replace(/["\\]/g, '\\$&').replace(/[^\x20-\x7e]/g, '?')}"`,
  );
  const before = response.getHeader('Warning');
  const known = Array.isArray(before) ? before : [];
  response.setHeader('Warning', [...new Set([...known, ...lines])]);
}

/** Built-in resources that requests are warned of, and the minor version that began with it. */
const DEPRECATED: Readonly<Record<string, readonly [since: number, text: string]>> = {
  componentstatuses: [19, 'v1 ComponentStatus is deprecated in v1.19+'],
  endpoints: [33, 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'],
};

/** Warns of a deprecated resource, as the lifecycle methods of k8s.io/api types say. */
export function warnOfDeprecation(
  exchange: Exchange,
  { group, plural, custom }: ResourceInfo,
  minor: number,
): void {
  if (custom?.deprecation !== undefined) addWarnings(exchange, [custom.deprecation]);
  const deprecated = group === '' ? DEPRECATED[plural] : undefined;
  if (deprecated !== undefined && minor >= deprecated[0]) addWarnings(exchange, [deprecated[1]]);
}
