import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { AgentApp } from '../context.js';
import { AgentError } from '../errors.js';

/** What load balancers and supervisors ask, and anyone may know. */
const publicPaths = new Set(['/health', '/healthz']);

/** Asks for the key, as `Authorization: Bearer …` or `X-API-Key: …`, on every path but health. */
export function requireApiKey(app: AgentApp, apiKey: string): void {
  const expected = digest(apiKey);
  app.addHook('onRequest', async (request, reply) => {
    if (publicPaths.has(request.url.split('?', 1)[0] ?? '')) return;
    const given = keyOf(request.headers);
    // Digests have one length, so the comparison tells nothing of the key, not even how long it is.
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return;
    void reply.header('www-authenticate', 'Bearer realm="scale-cluster-agent"');
    throw new AgentError(
      'ERR_AGENT_UNAUTHORIZED',
      given === undefined
        ? 'an API key is needed: send it as "Authorization: Bearer KEY" or "X-API-Key: KEY"'
        : 'this API key is not the one in the settings of the agent',
    );
  });
}

function keyOf(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  const header = headers['x-api-key'];
  return bearer ?? (Array.isArray(header) ? header[0] : header);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
