import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ChurnName } from '../churn/kinds.js';
import type { HostedCluster, Registration, TunnelOpening, TunnelsState } from '../host/hosted-cluster.js';
import type { ClusterContents } from '../template/describe.js';
import type { Door } from './door.js';
import type { CallName, HostedFacts, ShardCalls } from './messages.js';

/** The way to the thread that a cluster lives in. */
export interface ShardLine {
  readonly door: Door;
  /** Rejects with what the shard says, or ShardLostError when its thread ends before it answers. */
  call<Name extends CallName>(
    name: Name,
    ...args: Parameters<ShardCalls[Name]>
  ): Promise<ReturnType<ShardCalls[Name]>>;
}

/** The live half of a cluster in another thread. */
export class RemoteCluster implements HostedCluster {
  /** As the shard last told. */
  tunnels: TunnelsState | undefined;

  readonly sharesAgent: boolean;

  constructor(
    readonly name: string,
    readonly uid: string,
    { sharesAgent }: HostedFacts,
    private readonly line: ShardLine,
  ) {
    this.sharesAgent = sharesAgent;
  }

  hasAgent(credentials?: string): Promise<boolean> {
    return this.line.call('hasAgent', this.uid, credentials);
  }

  installAgent(registration: Registration, manifest?: string): Promise<void> {
    return this.line.call('installAgent', this.uid, registration, manifest);
  }

  register(registration: Registration): Promise<void> {
    return this.line.call('register', this.uid, registration);
  }

  async openTunnels(registration: Registration, opening: TunnelOpening): Promise<void> {
    const tunnels = await this.line.call('openTunnels', this.uid, registration, opening);
    // What the shard has told meanwhile is newer than its answer.
    this.tunnels ??= tunnels;
  }

  describe(now: number): Promise<ClusterContents> {
    return this.line.call('describe', this.uid, now);
  }

  churn(name: ChurnName, now: number): Promise<boolean> {
    return this.line.call('churn', this.uid, name, now);
  }

  clearChurn(): Promise<void> {
    return this.line.call('clearChurn', this.uid);
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.line.door.forward(this.uid, request, response);
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.line.door.forwardUpgrade(this.uid, request, socket, head);
  }

  /** The shard has counted anew what runs through the tunnels. */
  count(cluster: number, steve: number): void {
    const { tunnels } = this;
    if (tunnels === undefined) return;
    this.tunnels = {
      cluster: { ...tunnels.cluster, connections: cluster },
      steve: { ...tunnels.steve, connections: steve },
    };
  }
}
