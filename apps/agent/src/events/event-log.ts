/** An event as the log keeps it: written out once, sent to any number of readers. */
export interface LoggedEvent {
  readonly seq: number;
  /** The cluster it is about, for filters. */
  readonly cluster: string | undefined;
  /** The whole server-sent event, ready for the wire. */
  readonly frame: string;
}

/**
 * The newest events, at most `capacity`, in the order of their numbers. All readers share it: each keeps only
 * the number it has come to, so a slow one costs nothing and may miss what has been pushed out.
 */
export class EventLog {
  private readonly ring: (LoggedEvent | undefined)[];
  private start = 0;
  private count = 0;
  private lastLost = 0;

  constructor(private readonly capacity: number) {
    this.ring = new Array<LoggedEvent | undefined>(capacity);
  }

  append(event: LoggedEvent): void {
    if (this.count === this.capacity) {
      this.lastLost = this.at(0)?.seq ?? 0;
      this.start = (this.start + 1) % this.capacity;
      this.count -= 1;
    }
    this.ring[(this.start + this.count) % this.capacity] = event;
    this.count += 1;
  }

  /** The number of the newest event that has been pushed out; 0 while all are here. */
  get lost(): number {
    return this.lastLost;
  }

  /** The number of the newest event; 0 before the first. */
  get newest(): number {
    return this.at(this.count - 1)?.seq ?? 0;
  }

  /** The first event whose number is above `seq`. */
  next(seq: number): LoggedEvent | undefined {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.at(middle)?.seq ?? 0) <= seq) low = middle + 1;
      else high = middle;
    }
    return this.at(low);
  }

  private at(index: number): LoggedEvent | undefined {
    return index >= 0 && index < this.count ? this.ring[(this.start + index) % this.capacity] : undefined;
  }
}
