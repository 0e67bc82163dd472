import { isIP } from 'node:net';
import type { AgentApp } from '../context.js';
import { AgentError } from '../errors.js';

/**
 * Keeps web pages of other sites from commanding an agent on the machine of whoever looks at them: no browser
 * request from another origin, and, where no API key protects it, none that came here by a foreign host name
 * (DNS rebinding). Programs send no Origin and are not touched.
 */
export function refuseForeignPages(app: AgentApp, options: { ownName: string; anyHostName: boolean }): void {
  app.addHook('onRequest', async (request) => {
    const { origin, host } = request.headers;
    if (origin !== undefined && hostOf(origin) !== host) {
      throw new AgentError('ERR_AGENT_FOREIGN_PAGE', `pages of ${origin} may not use this agent`);
    }
    if (!options.anyHostName && host !== undefined && !isOwnName(host, options.ownName)) {
      throw new AgentError(
        'ERR_AGENT_FOREIGN_PAGE',
        `this agent doesn't answer to the name ${host}; use its IP address or localhost, or set an APIKey`,
      );
    }
  });
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function isOwnName(host: string, ownName: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost') || name === ownName;
}
