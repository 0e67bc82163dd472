import { Duplex, type DuplexOptions } from 'node:stream';
import { TimeoutError } from './errors.js';

/**
 * A Duplex with the parts of `net.Socket` that Node's http, https and tls and common clients touch. Timers exist only
 * while somebody has asked for them.
 */
export abstract class VirtualSocket extends Duplex {
  /** What was asked for, such as `10.43.0.1:443`. */
  abstract readonly address: string;
  /** Always false: there is no reply to a dial, so a connection is usable at once. */
  readonly connecting = false;
  /** Always false, for the same reason. */
  readonly pending = false;
  /** Milliseconds without traffic after which `timeout` is emitted; 0 is never. */
  timeout = 0;

  #idleTimer: NodeJS.Timeout | undefined;
  #deadlineTimer: NodeJS.Timeout | undefined;

  constructor(options: DuplexOptions) {
    super({ ...options, allowHalfOpen: false });
  }

  /** The host part of the address. */
  get remoteAddress(): string {
    return splitAddress(this.address).host;
  }

  /** The port part of the address, if it has one. */
  get remotePort(): number | undefined {
    return splitAddress(this.address).port;
  }

  get remoteFamily(): 'IPv4' | 'IPv6' {
    return this.remoteAddress.includes(':') ? 'IPv6' : 'IPv4';
  }

  /** As in Go, both ends of a connection are named by the address that was asked for. */
  get localAddress(): string {
    return this.remoteAddress;
  }

  get localPort(): number | undefined {
    return this.remotePort;
  }

  get readyState(): 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.readable) return this.writable ? 'open' : 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  /** Emits `timeout` after so many milliseconds without traffic; the socket stays open. 0 turns it off. */
  setTimeout(timeoutMs: number, listener?: () => void): this {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
    this.timeout = timeoutMs;
    if (timeoutMs === 0) {
      if (listener !== undefined) this.removeListener('timeout', listener);
      return this;
    }
    if (listener !== undefined) this.once('timeout', listener);
    this.#idleTimer = setTimeout(() => this.emit('timeout'), timeoutMs).unref();
    return this;
  }

  /** Destroys the socket with a {@link TimeoutError} after so many milliseconds, traffic or not. `null` calls it off. */
  setDeadline(afterMs: number | null): this {
    clearTimeout(this.#deadlineTimer);
    this.#deadlineTimer = undefined;
    if (afterMs === null) return this;
    this.#deadlineTimer = setTimeout(
      () => this.destroy(new TimeoutError('deadline exceeded')),
      afterMs,
    ).unref();
    return this;
  }

  /** Writes what is queued, then closes both directions. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  /** Nothing to do: messages leave at the end of the current turn of the event loop. */
  setNoDelay(): this {
    return this;
  }

  /** Nothing to do: the session under it is kept alive by pings. */
  setKeepAlive(): this {
    return this;
  }

  /** Nothing to do: the session's socket decides whether the process lives on. */
  ref(): this {
    return this;
  }

  /** Nothing to do: see {@link ref}. */
  unref(): this {
    return this;
  }

  /** Call on traffic: starts the idle time anew. */
  protected touch(): void {
    this.#idleTimer?.refresh();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#deadlineTimer);
    callback(error);
  }
}

/** Splits `host:port`, `[v6]:port` and, as Go has it, `:port` for localhost. Anything else is all host. */
export function splitAddress(address: string): { host: string; port?: number } {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(address);
  if (match === null) return { host: address };
  return { host: (match[1] ?? match[2] ?? '') || 'localhost', port: Number(match[3]) };
}
