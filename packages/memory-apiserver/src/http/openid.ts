import type { ServiceAccountTokens } from '../registry/service-account-tokens.js';
import { ISSUER } from '../registry/service-account-tokens.js';
import type { Exchange } from './exchange.js';
import { checkProduced } from './media-type.js';
import { sendText } from './respond.js';

const CONFIGURATION = '/.well-known/openid-configuration';
const KEYS = '/openid/v1/jwks';

/**
 * What others need to check service account tokens: k8s.io/kubernetes `pkg/serviceaccount/openidmetadata.go`. False if
 * the path is another.
 */
export function sendOpenId(exchange: Exchange, tokens: ServiceAccountTokens): boolean {
  const { path, request } = exchange;
  if (path !== CONFIGURATION && path !== KEYS) return false;
  // For an hour: `headerCacheControl` in k8s.io/kubernetes `pkg/routes/openidmetadata.go`.
  const caching = 'public, max-age=3600';
  checkProduced(request.headers.accept, [path === KEYS ? 'application/jwk-set+json' : 'application/json']);
  if (path === KEYS) {
    sendText(exchange, 200, JSON.stringify(tokens.publicKeys), 'application/jwk-set+json', caching);
    return true;
  }
  const configuration = {
    issuer: ISSUER,
    jwks_uri: `https://${request.headers.host ?? 'kubernetes.default.svc'}${KEYS}`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: tokens.publicKeys.keys.map(({ alg }) => alg),
  };
  sendText(exchange, 200, JSON.stringify(configuration), 'application/json', caching);
  return true;
}
