import type { IncomingHttpHeaders } from 'node:http';

/**
 * The URL that links begin with, without a slash at the end: what the browser sees before `/v1`.
 * Rancher says it in `X-API-URL-Prefix` (`/k8s/clusters/<id>`) and the `X-Forwarded-*` headers
 * (rancher/apiserver `pkg/urlbuilder`).
 */
export function linkBase(headers: IncomingHttpHeaders): string {
  const prefix = first(headers['x-api-url-prefix']).replace(/\/+$/, '');
  if (/^https?:\/\//.test(prefix)) return prefix;
  const host = first(headers['x-api-host']) || first(headers['x-forwarded-host']) || first(headers.host);
  const scheme = first(headers['x-forwarded-proto']) === 'http' || !forwarded(headers) ? 'http' : 'https';
  return `${scheme}://${host}${prefix === '' || prefix.startsWith('/') ? prefix : `/${prefix}`}`;
}

/** Without forwarding headers the request came straight over the tunnel, as plain HTTP. */
const forwarded = (headers: IncomingHttpHeaders): boolean =>
  first(headers['x-forwarded-proto']) !== '' || first(headers['x-api-url-prefix']) !== '';

function first(header: string | string[] | undefined): string {
  const value = Array.isArray(header) ? header[0] : header;
  return value?.split(',', 1)[0]?.trim() ?? '';
}
