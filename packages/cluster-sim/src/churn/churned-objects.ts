import type { ClusterObjects } from '../backend/cluster-objects.js';
import { churnLabel, type ChurnKind } from './kinds.js';

const prefix = 'churn-';

/** The objects of one kind that churn has in one cluster: numbered, the oldest goes first. */
export class ChurnedObjects {
  #first = 0;
  #next = 0;
  #known = false;
  #busy = false;

  constructor(
    private readonly kind: ChurnKind,
    private readonly objects: ClusterObjects,
  ) {}

  /** One write: another object, or one less when there are enough. False while the write before is under way. */
  async step(now: number): Promise<boolean> {
    if (this.#busy) return false;
    this.#busy = true;
    try {
      if (!this.#known) await this.#find();
      if (this.#next - this.#first < this.kind.most) {
        await this.objects.create(this.kind.make(`${prefix}${this.#next}`, now));
        this.#next += 1;
      } else await this.#removeFirst();
      return true;
    } catch (error) {
      // What is there is looked up anew: somebody else may have removed or made it.
      this.#known = false;
      throw error;
    } finally {
      this.#busy = false;
    }
  }

  /** Removes all of them, those of an earlier run as well. */
  async clear(): Promise<void> {
    await this.#find();
    while (this.#first < this.#next) await this.#removeFirst();
  }

  async #find(): Promise<void> {
    const { storage, namespace } = this.kind;
    const found = await this.objects.list(storage, {
      labelSelector: `${churnLabel}=true`,
      ...(namespace === undefined ? {} : { namespace }),
    });
    const numbers = found
      // What is on its way out already may take its time; it is not counted, and its name not used again.
      .map(({ metadata }) => ({
        number: numberOf(metadata.name),
        going: metadata.deletionTimestamp !== undefined,
      }))
      .filter(({ number }) => number !== undefined) as { number: number; going: boolean }[];
    this.#next = Math.max(this.#next, ...numbers.map(({ number }) => number + 1));
    this.#first = Math.min(this.#next, ...numbers.filter(({ going }) => !going).map(({ number }) => number));
    this.#known = true;
  }

  async #removeFirst(): Promise<void> {
    const { storage, namespace } = this.kind;
    const name = `${prefix}${this.#first}`;
    this.#first += 1;
    if ((await this.objects.find(storage, namespace, name)) === undefined) return;
    await this.objects.delete(storage, namespace, name);
  }
}

function numberOf(name: string | undefined): number | undefined {
  const digits = name?.startsWith(prefix) === true ? name.slice(prefix.length) : '';
  return /^\d{1,12}$/.test(digits) ? Number(digits) : undefined;
}
