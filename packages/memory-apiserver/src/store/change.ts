import type { ObjectMeta } from '../object.js';

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** An object below its kind: what the stored texts hold. */
export interface ObjectBody {
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** One write to the store, as watchers get it and the event log keeps it. */
export class Change {
  #body: ObjectBody | undefined;
  #previousBody: ObjectBody | undefined;
  #encoded: Map<string, Buffer> | undefined;

  constructor(
    readonly type: ChangeType,
    readonly storage: string,
    readonly key: string,
    readonly revision: number,
    /** The object after the change; for DELETED its last state, with the revision of the deletion. */
    readonly text: string,
    /** The object before; undefined for ADDED. */
    readonly previous: string | undefined,
    /** Milliseconds since the epoch. */
    readonly at: number,
    body?: ObjectBody,
  ) {
    this.#body = body;
  }

  /** The parsed {@link text}; shared, not to be changed. */
  get body(): ObjectBody {
    this.#body ??= JSON.parse(this.text) as ObjectBody;
    return this.#body;
  }

  /** The parsed {@link previous}; shared, not to be changed. */
  get previousBody(): ObjectBody | undefined {
    if (this.previous === undefined) return undefined;
    this.#previousBody ??= JSON.parse(this.previous) as ObjectBody;
    return this.#previousBody;
  }

  /** Bytes made of this change once, whoever asks for them by the same key. */
  encoded(key: string, make: () => Buffer): Buffer {
    this.#encoded ??= new Map();
    let buffer = this.#encoded.get(key);
    if (buffer === undefined) {
      buffer = make();
      this.#encoded.set(key, buffer);
    }
    return buffer;
  }

  /** Forgets what was derived from the texts; called when the change has been handed to all watchers. */
  settle(): void {
    this.#body = undefined;
    this.#previousBody = undefined;
    this.#encoded = undefined;
  }
}
