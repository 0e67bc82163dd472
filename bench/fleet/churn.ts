import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import type { AgentProcess } from './agent.js';

/** What is changed, in turn: nodes, namespaces and roles are watched by Rancher, pods are not. */
const resources = [
  'api/v1/nodes',
  'api/v1/namespaces',
  'apis/rbac.authorization.k8s.io/v1/clusterroles',
  'api/v1/pods',
];
const tickMs = 100;

/** One cluster's API, by the agent's local listener. */
interface Target {
  readonly server: string;
  readonly ca: string;
  readonly token: string;
  /** Paths of one object of each resource. */
  readonly paths: readonly string[];
}

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } },
  ];
  readonly users: readonly [{ readonly user: { readonly token: string } }];
}

/** Changes objects of all clusters in turn, evenly spread over time, as a busy fleet would. */
export class Churn {
  done = 0;
  failed = 0;
  /** Of the first that failed. */
  failure = '';
  readonly #end = new AbortController();
  readonly #connections: Agent;
  #running: Promise<void> | undefined;

  private constructor(
    private readonly targets: readonly Target[],
    private readonly perSec: number,
  ) {
    this.#connections = new Agent({ keepAlive: true, maxSockets: 16 });
  }

  static async start(agent: AgentProcess, perSec: number): Promise<Churn> {
    const targets: Target[] = [];
    const churn = new Churn(targets, perSec);
    for (const { name } of await agent.clusters()) {
      const config = parse(await agent.kubeconfig(name)) as Kubeconfig;
      const { server, 'certificate-authority-data': ca } = config.clusters[0].cluster;
      const target = {
        server,
        ca: Buffer.from(ca, 'base64').toString(),
        token: config.users[0].user.token,
        paths: [] as string[],
      };
      for (const resource of resources) {
        const { items } = JSON.parse(await churn.#call(target, 'GET', `${resource}?limit=1`)) as {
          items: { metadata: { name: string; namespace?: string } }[];
        };
        const metadata = items[0]?.metadata;
        if (metadata === undefined) continue;
        const { namespace } = metadata;
        const folder =
          namespace === undefined ? resource : resource.replace('v1/', `v1/namespaces/${namespace}/`);
        target.paths.push(`${folder}/${metadata.name}`);
      }
      targets.push(target);
    }
    churn.#running = churn.#run();
    return churn;
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#running;
    this.#connections.destroy();
  }

  async #run(): Promise<void> {
    const start = performance.now();
    const { signal } = this.#end;
    const open = new Set<Promise<void>>();
    for (let begun = 0; !signal.aborted;) {
      const due = ((performance.now() - start) / 1000) * this.perSec;
      for (; begun < due; begun++) {
        const change = this.#change(begun).finally(() => open.delete(change));
        open.add(change);
      }
      await sleep(tickMs, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(open);
  }

  async #change(number: number): Promise<void> {
    const target = this.targets[number % this.targets.length];
    const path = target?.paths[Math.floor(number / this.targets.length) % target.paths.length];
    if (target === undefined || path === undefined) return;
    const patch = { metadata: { annotations: { 'fleet-bench/change': String(number) } } };
    try {
      await this.#call(target, 'PATCH', path, JSON.stringify(patch));
      this.done += 1;
    } catch (error) {
      this.failed += 1;
      this.failure ||= error instanceof Error ? error.message : String(error);
    }
  }

  #call({ server, ca, token }: Target, method: string, path: string, body?: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const call = request(
        `${server}/${path}`,
        {
          method,
          agent: this.#connections,
          ca,
          headers: {
            Authorization: `Bearer ${token}`,
            ...(body === undefined ? {} : { 'Content-Type': 'application/merge-patch+json' }),
          },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
          response.on('end', () =>
            response.statusCode === 200
              ? resolve(text)
              : reject(new Error(`${path}: ${response.statusCode} ${text}`)),
          );
        },
      );
      call.on('error', ({ message }) => reject(new Error(`${path}: ${message}`)));
      call.end(body);
    });
  }
}
