import { readFileSync } from 'node:fs';
import { isPortFree } from '@scale-cluster/kwok-driver';
import { FleetError } from '../../errors.js';

/** Ports from `first` to `last`, both included. */
export interface PortRange {
  first: number;
  last: number;
}

export interface PortPoolOptions {
  /** 0 ≤ x < 1: where to begin, so that two programs on a machine seldom try the same. */
  random: () => number;
  /** @default what lies outside of this machine's ephemeral ports */
  range?: PortRange;
  /** @default tries to listen on it */
  isFree?: (port: number) => Promise<boolean>;
}

const lowestPort = 20_000;
/** Linux's own default, for machines that don't tell. */
const usualEphemeral: PortRange = { first: 32_768, last: 60_999 };

/**
 * Hands out ports of this machine: never one twice until it is given back, each tried before, and none that the kernel
 * gives to outgoing connections, which could have it just when a component starts.
 */
export class PortPool {
  readonly #taken = new Set<number>();
  readonly #range: PortRange;
  readonly #isFree: (port: number) => Promise<boolean>;
  #next: number;

  constructor({ random, range = rangeOutside(readEphemeral()), isFree = isPortFree }: PortPoolOptions) {
    this.#range = range;
    this.#isFree = isFree;
    this.#next = range.first + Math.floor(random() * this.#size);
  }

  /** Free ports, all different. Throws FleetError when there aren't so many. */
  async take(count: number): Promise<number[]> {
    const found: number[] = [];
    for (let tries = 0; found.length < count && tries < this.#size; tries += 1) {
      const port = this.#advance();
      if (this.#taken.has(port)) continue;
      // Before the test, which takes a moment: nobody else shall try it meanwhile.
      this.#taken.add(port);
      if (await this.#isFree(port)) found.push(port);
      else this.#taken.delete(port);
    }
    if (found.length === count) return found;
    this.release(found);
    throw new FleetError(
      'ERR_FLEET_NO_PORTS',
      `no ${count} free ports from ${this.#range.first} to ${this.#range.last}`,
      500,
    );
  }

  /** Ports that are somebody's already, such as those of a stopped cluster. */
  reserve(ports: Iterable<number>): void {
    for (const port of ports) this.#taken.add(port);
  }

  release(ports: Iterable<number>): void {
    for (const port of ports) this.#taken.delete(port);
  }

  get #size(): number {
    return this.#range.last - this.#range.first + 1;
  }

  #advance(): number {
    const port = this.#next;
    this.#next = port >= this.#range.last ? this.#range.first : port + 1;
    return port;
  }
}

/** The larger of what lies below and above the ephemeral ports, without the ports of well-known services. */
export function rangeOutside({ first, last }: PortRange): PortRange {
  const below = { first: lowestPort, last: first - 1 };
  const above = { first: Math.max(lowestPort, last + 1), last: 65_535 };
  return below.last - below.first >= above.last - above.first ? below : above;
}

/** The ephemeral ports of this machine (Linux `ip-sysctl`, `ip_local_port_range`). */
function readEphemeral(): PortRange {
  try {
    const [first, last] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
      .trim()
      .split(/\s+/)
      .map(Number);
    if (Number.isInteger(first) && Number.isInteger(last)) return { first: first!, last: last! };
  } catch {
    // Not Linux.
  }
  return usualEphemeral;
}
