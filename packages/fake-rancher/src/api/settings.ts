import { ApiError } from '../errors.js';
import { agentImage, serverVersion } from '../manifest/agent-manifest.js';
import type { ApiContext } from './context.js';
import { collection, type Resource } from './collection.js';
import { sendJson, sendText } from './http.js';

/** `/ping` and `/v3/settings`; `cacerts` needs no authentication, as agents ask for it before they trust anything. */
export function settingsRoutes(api: ApiContext): void {
  const values = (): Record<string, string> => ({
    cacerts: api.caCert.trim(),
    'server-url': api.base,
    'server-version': serverVersion,
    'install-uuid': api.installUuid,
    'agent-image': agentImage,
    'agent-tls-mode': 'strict',
    'ingress-ip-domain': 'sslip.io',
  });
  const view = (id: string, value: string): Resource => ({
    id,
    name: id,
    type: 'setting',
    baseType: 'setting',
    value,
    default: '',
    customized: value !== '',
    source: 'db',
    links: { self: `${api.base}/v3/settings/${id}` },
  });
  const one = (id: string): Resource => {
    const value = values()[id];
    if (value === undefined)
      throw new ApiError(404, 'NotFound', `settings.management.cattle.io "${id}" not found`);
    return view(id, value);
  };

  api.router.add('GET', '/ping', ({ response }) => sendText(response, 200, 'pong'), { open: true });
  api.router.add('GET', '/v3/settings/cacerts', ({ response }) => sendJson(response, 200, one('cacerts')), {
    open: true,
  });
  api.router.add('GET', '/v3/settings', ({ response, url }) => {
    const all = Object.entries(values()).map(([id, value]) => view(id, value));
    sendJson(response, 200, collection(url, api.base, 'setting', all));
  });
  api.router.add('GET', '/v3/settings/:id', ({ response, params }) =>
    sendJson(response, 200, one(params['id'] ?? '')),
  );
}
