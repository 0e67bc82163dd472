import { FleetError } from '../errors.js';

interface Call {
  resolve: (value: never) => void;
  reject: (error: Error) => void;
}

/** What a shard says in place of an answer. */
export interface CallFailure {
  message: string;
  /** Of a FleetError. */
  code: string | undefined;
  status: number | undefined;
}

/** Calls that a shard has not answered yet. */
export class PendingCalls {
  readonly #calls = new Map<number, Call>();
  #next = 0;

  /** `send` is given the number that the answer will carry. */
  add<T>(send: (id: number) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const id = this.#next++;
      this.#calls.set(id, { resolve, reject });
      send(id);
    });
  }

  answered(id: number, value: unknown): void {
    this.#take(id)?.resolve(value as never);
  }

  /** An error of this package arrives as such, with its code and status. */
  failed(id: number, { message, code, status }: CallFailure): void {
    const isOurs = code !== undefined && status !== undefined;
    this.#take(id)?.reject(isOurs ? new FleetError(code, message, status) : new Error(message));
  }

  rejectAll(error: Error): void {
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
  }

  #take(id: number): Call | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    return call;
  }
}
