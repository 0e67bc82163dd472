import type { AgentApp } from '../context.js';

/**
 * Reads JSON also when it is labelled as a form or as text: `curl -d '{"name":"x"}'` without a header calls it a
 * form, and the earlier program took it.
 */
export function acceptUnlabelledJson(app: AgentApp): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser(
    ['application/x-www-form-urlencoded', 'text/plain'],
    { parseAs: 'string' },
    (request, body, done) => void parse(request, body.toString(), done),
  );
}
