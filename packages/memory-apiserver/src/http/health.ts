import type { Exchange } from './exchange.js';
import { sendText } from './respond.js';

/** Checks of a kube-apiserver 1.34 with its default flags, in its order. Nothing here can be ill: all are ok. */
const HOOKS = [
  'start-apiserver-admission-initializer',
  'generic-apiserver-start-informers',
  'priority-and-fairness-config-consumer',
  'priority-and-fairness-filter',
  'storage-object-count-tracker-hook',
  'start-apiextensions-informers',
  'start-apiextensions-controllers',
  'crd-informer-synced',
  'start-system-namespaces-controller',
  'start-cluster-authentication-info-controller',
  'start-kube-apiserver-identity-lease-controller',
  'start-kube-apiserver-identity-lease-garbage-collector',
  'start-legacy-token-tracking-controller',
  'start-service-ip-repair-controllers',
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'priority-and-fairness-config-producer',
  'bootstrap-controller',
  'start-kubernetes-service-cidr-controller',
  'start-kube-aggregator-informers',
  'apiservice-status-local-available-controller',
  'apiservice-status-remote-available-controller',
  'apiservice-registration-controller',
  'apiservice-discovery-controller',
  'kube-apiserver-autoregistration',
  'autoregister-completion',
  'apiservice-openapi-controller',
  'apiservice-openapiv3-controller',
];
const CHECKS = HOOKS.map((name) => (name === 'autoregister-completion' ? name : `poststarthook/${name}`));

const checksOf = (endpoint: string): string[] =>
  endpoint === 'readyz'
    ? ['ping', 'log', 'etcd', 'etcd-readiness', 'informer-sync', ...CHECKS, 'shutdown']
    : ['ping', 'log', 'etcd', ...CHECKS];

/** All paths of `/healthz`, `/livez` and `/readyz`. */
export const healthPaths = (): string[] =>
  ['healthz', 'livez', 'readyz'].flatMap((endpoint) => [
    `/${endpoint}`,
    ...checksOf(endpoint).map((check) => `/${endpoint}/${check}`),
  ]);

/** `/metrics/slis`: the checks as gauges. */
export function healthMetrics(): string {
  const lines = ['healthz', 'livez', 'readyz'].flatMap((endpoint) =>
    checksOf(endpoint).map((check) => `kubernetes_healthcheck{name="${check}",type="${endpoint}"} 1`),
  );
  return `# TYPE kubernetes_healthcheck gauge\n${lines.join('\n')}\n`;
}

/**
 * Answers `/livez`, `/readyz?verbose`, `/healthz/etcd`, … as k8s.io/apiserver `pkg/server/healthz` does.
 *
 * @param rest what stands behind the endpoint in the path
 * @returns false if there is no such check
 */
export function sendHealth(exchange: Exchange, endpoint: string, rest: readonly string[]): boolean {
  const checks = checksOf(endpoint);
  if (rest.length > 0) {
    if (!checks.includes(rest.join('/'))) return false;
    sendText(exchange, 200, 'ok');
    return true;
  }
  if (!exchange.query.has('verbose')) {
    sendText(exchange, 200, 'ok');
    return true;
  }
  const excluded = exchange.query.getAll('exclude');
  const lines = checks.map((check) => `[+]${check}${excluded.includes(check) ? ' excluded:' : ''} ok\n`);
  const unknown = excluded.filter((check) => check !== '' && !checks.includes(check));
  if (unknown.length > 0) {
    const names = unknown.map((check) => JSON.stringify(check)).join(', ');
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}\n`);
  }
  sendText(exchange, 200, `${lines.join('')}${endpoint} check passed\n`);
  return true;
}
