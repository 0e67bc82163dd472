import type { FleetEvent } from './views.js';

/** The last events, numbered, so that a reader who comes back can go on where it was. */
export class EventRing {
  readonly #events: FleetEvent[] = [];
  #seq = 0;

  constructor(private readonly capacity = 5_000) {}

  get lastSeq(): number {
    return this.#seq;
  }

  add(event: Omit<FleetEvent, 'seq'>): FleetEvent {
    const numbered = { seq: ++this.#seq, ...event };
    // A ring by position: the slot of the event `capacity` before is taken over.
    this.#events[(this.#seq - 1) % this.capacity] = numbered;
    return numbered;
  }

  /** Events with larger numbers, as far as they are still kept, in order. */
  since(seq: number): FleetEvent[] {
    const first = Math.max(seq + 1, this.#seq - this.#events.length + 1, 1);
    const events: FleetEvent[] = [];
    for (let number = first; number <= this.#seq; number++) {
      const event = this.#events[(number - 1) % this.capacity];
      if (event !== undefined) events.push(event);
    }
    return events;
  }
}
