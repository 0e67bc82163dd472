import { Duplex } from 'node:stream';

/** Two streams, each of which reads what is written to the other: a connection without a socket. */
export function duplexPair(): [Duplex, Duplex] {
  class End extends Duplex {
    other!: End;
    #resume: (() => void) | undefined;

    override _read(): void {
      const resume = this.#resume;
      this.#resume = undefined;
      resume?.();
    }

    override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
      this.other.#resume = callback;
      this.other.push(chunk);
    }

    override _final(callback: () => void): void {
      this.other.push(null);
      callback();
    }

    override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
      if (!this.other.destroyed) process.nextTick(() => this.other.destroy());
      callback(error);
    }
  }
  const [a, b] = [new End(), new End()];
  a.other = b;
  b.other = a;
  return [a, b];
}
