import http from 'node:http';
import type { Duplex } from 'node:stream';
import type { Tunnels } from './tunnels.js';

/**
 * Connections through a cluster's steve tunnel: plain HTTP, answered by the agent's own process whatever the
 * address (steve pkg/aggregation/server.go).
 */
export class SteveAgent extends http.Agent {
  readonly #dial: () => Duplex;

  /** @param address `not-used:80` for the connected check, `127.0.0.1:6080` for the steve API. */
  constructor(tunnels: Tunnels, clusterId: string, address: string, options: http.AgentOptions = {}) {
    super(options);
    this.#dial = () => tunnels.dialSteve(clusterId, address);
  }

  override createConnection(): Duplex {
    return this.#dial();
  }
}
