import { Duplex } from 'node:stream';

/**
 * Two sockets joined by a line that carries so many bytes as it is told to, when it is told to. Each socket takes up
 * to `socketBytes` before that, as a system's send and receive buffers do.
 */
export class SlowLink {
  readonly near: Duplex;
  readonly far: Duplex;
  readonly #ends: readonly LinkEnd[];

  constructor(socketBytes: number) {
    const near = new LinkEnd(socketBytes);
    const far = new LinkEnd(socketBytes);
    near.other = far;
    far.other = near;
    this.near = near;
    this.far = far;
    this.#ends = [near, far];
  }

  /** Carries up to so many bytes in each direction. */
  pass(bytes: number): void {
    for (const end of this.#ends) end.pass(bytes);
  }
}

class LinkEnd extends Duplex {
  other: LinkEnd | undefined;
  readonly #socketBytes: number;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #callback: (() => void) | undefined;

  constructor(socketBytes: number) {
    super();
    this.#socketBytes = socketBytes;
  }

  pass(bytes: number): void {
    const pieces: Buffer[] = [];
    while (bytes > 0 && this.#queue.length > 0) {
      const first = this.#queue[0]!;
      const piece = first.subarray(0, bytes);
      pieces.push(piece);
      bytes -= piece.length;
      this.#queuedBytes -= piece.length;
      if (piece.length === first.length) this.#queue.shift();
      else this.#queue[0] = first.subarray(piece.length);
    }
    // A copy, as a socket makes one: who reads it may change it.
    if (pieces.length > 0) this.other?.push(Buffer.concat(pieces));
    this.#release();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.#queue.push(chunk);
    this.#queuedBytes += chunk.length;
    this.#callback = callback;
    this.#release();
  }

  override _read(): void {}

  #release(): void {
    if (this.#queuedBytes >= this.#socketBytes) return;
    const callback = this.#callback;
    this.#callback = undefined;
    callback?.();
  }
}
