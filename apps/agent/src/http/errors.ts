import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { AgentApp } from '../context.js';
import { AgentError } from '../errors.js';
import { toHttpError } from './error-table.js';
import { MethodsByPath } from './methods-by-path.js';

/**
 * Makes every refusal JSON, `{error, code, field?}`: errors of handlers, of validation, unknown paths (404) and
 * known paths with another method (405 with `Allow`). Register before the routes.
 */
export function handleErrors(app: AgentApp): void {
  const methods = new MethodsByPath();
  app.addHook('onRoute', (route) => methods.add(route.url, [route.method].flat()));

  app.setErrorHandler((error: FastifyError, request, reply) => sendError(request, reply, error));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    const allowed = methods.of(path);
    if (allowed.length === 0) {
      return sendError(
        request,
        reply,
        new AgentError('ERR_AGENT_ROUTE_NOT_FOUND', `no such path: ${path}; see /docs`),
      );
    }
    void reply.header('allow', allowed.join(', '));
    const message = `${request.method} is not possible on ${path}, only ${allowed.join(', ')}`;
    return sendError(request, reply, new AgentError('ERR_AGENT_METHOD_NOT_ALLOWED', message));
  });
}

function sendError(request: FastifyRequest, reply: FastifyReply, error: Error | FastifyError): FastifyReply {
  const { status, body } = toHttpError(error);
  if (status >= 500)
    request.log.error({ err: error, method: request.method, url: request.url }, 'request failed');
  const field = body.field ?? invalidField(error);
  return reply.code(status).send(field === undefined ? body : { ...body, field });
}

/** The place that schema validation complains about: `names/3`, or the property that is missing. */
function invalidField(error: Error | FastifyError): string | undefined {
  const first = 'validation' in error ? error.validation?.[0] : undefined;
  if (!first) return undefined;
  const missing = first.params['missingProperty'];
  const path = [first.instancePath.slice(1), typeof missing === 'string' ? missing : ''].filter(
    (part) => part !== '',
  );
  return path.length > 0 ? path.join('/') : undefined;
}
