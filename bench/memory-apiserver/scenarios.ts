import type { Client } from './client.js';

/** Values by the name of what was measured. */
export type Figures = Record<string, number>;

export interface Sizes {
  /** How long each kind of request is sent. */
  readonly milliseconds: number;
  readonly watchers: number;
  /** Events of which the middle one counts. */
  readonly events: number;
}

export const fullSizes: Sizes = { milliseconds: 3000, watchers: 1000, events: 21 };
export const quickSizes: Sizes = { milliseconds: 800, watchers: 200, events: 7 };

const PODS = 500;
/** Of a listed page and of the pods that are patched; created ones go elsewhere. */
const NAMESPACE = 'bench';

/** As long as a Deployment's pods usually are. */
const pod = (namespace: string, name: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels: { app: 'web', tier: 'front', 'pod-template-hash': '5d4f8c7b9d' } },
  spec: {
    containers: [
      {
        name: 'main',
        image: 'registry.example.com/shop/web:1.27.3',
        ports: [{ name: 'http', containerPort: 8080 }],
        env: [
          { name: 'LOG_LEVEL', value: 'info' },
          { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        ],
        resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
        readinessProbe: { httpGet: { path: '/ready', port: 'http' } },
      },
    ],
  },
});

const podsOf = (namespace: string): string => `/api/v1/namespaces/${namespace}/pods`;

/** Makes what the measurements need: namespaces, service accounts (no controller does) and pods. */
export async function prepare(client: Client): Promise<void> {
  for (const name of [NAMESPACE, `${NAMESPACE}-new`, `${NAMESPACE}-watched`]) {
    await client.send('POST', '/api/v1/namespaces', 201, { metadata: { name } });
    const account = { metadata: { name: 'default' } };
    await client.send('POST', `/api/v1/namespaces/${name}/serviceaccounts`, 201, account);
  }
  for (let index = 0; index < PODS; index += 1)
    await client.send('POST', podsOf(NAMESPACE), 201, pod(NAMESPACE, `web-${index}`));
}

let created = 0;

/** Requests per second of each kind. */
export async function measureRates(client: Client, { milliseconds }: Sizes): Promise<Figures> {
  let [next, label] = [0, 0];
  const nextPod = (): string => `${podsOf(NAMESPACE)}/web-${next++ % PODS}`;
  const kinds: Record<string, () => Promise<unknown>> = {
    get: () => client.send('GET', nextPod(), 200),
    [`list of ${PODS} pods`]: () => client.send('GET', podsOf(NAMESPACE), 200),
    create: () => {
      const body = pod(`${NAMESPACE}-new`, `web-${created++}`);
      return client.send('POST', podsOf(`${NAMESPACE}-new`), 201, body);
    },
    patch: () => client.send('PATCH', nextPod(), 200, { metadata: { labels: { turn: `${label++}` } } }),
  };
  const figures: Figures = {};
  for (const [name, sendNext] of Object.entries(kinds)) {
    // Just-in-time compilers and caches are warm in what runs for days.
    await client.rate(milliseconds / 4, sendNext);
    figures[`${name}, requests/s`] = await client.rate(milliseconds, sendNext);
  }
  return figures;
}

/** From the request that changes an object to the last of many watchers being told. */
export async function measureWatch(client: Client, { watchers, events }: Sizes): Promise<Figures> {
  const path = `/api/v1/namespaces/${NAMESPACE}-watched/configmaps`;
  let missing = 0;
  let allTold = (): void => undefined;
  const onLine = (): void => {
    if (--missing === 0) allTold();
  };
  const open = [];
  // In groups: a burst of thousands of handshakes overruns the listening socket's queue.
  for (let at = 0; at < watchers; at += 50) {
    const group = Array.from({ length: Math.min(50, watchers - at) }, () =>
      client.watch(`${path}?watch=true&timeoutSeconds=600`, onLine),
    );
    open.push(...(await Promise.all(group)));
  }
  const times: number[] = [];
  for (let index = 0; index < events; index += 1) {
    missing = watchers;
    const told = new Promise<void>((resolve) => (allTold = resolve));
    const start = performance.now();
    await client.send('POST', path, 201, { metadata: { name: `event-${created++}` }, data: { a: 'b' } });
    await told;
    times.push(performance.now() - start);
  }
  for (const watch of open) watch.destroy();
  return { [`event to the last of ${watchers} watchers, ms`]: median(times) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}
