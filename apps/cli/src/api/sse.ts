/** One server-sent event. */
export interface ServerSentEvent {
  readonly id: string | undefined;
  readonly type: string;
  readonly data: string;
}

/**
 * Splits a stream of text into server-sent events, by the rules of
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation; the pieces may be
 * cut anywhere. Comments and unknown fields are dropped.
 */
export class SseParser {
  private rest = '';
  private id: string | undefined;
  private type = '';
  private data: string[] = [];

  push(text: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    const buffered = this.rest + text;
    // A CR at the very end may be the first half of CRLF: it stays until the next piece.
    const complete = buffered.endsWith('\r') ? buffered.slice(0, -1) : buffered;
    const lines = complete.split(/\r\n|\n|\r/);
    this.rest = (lines.pop() ?? '') + buffered.slice(complete.length);
    for (const line of lines) {
      const event = this.line(line);
      if (event) events.push(event);
    }
    return events;
  }

  private line(line: string): ServerSentEvent | undefined {
    if (line === '') return this.dispatch();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'id') this.id = value;
    else if (field === 'event') this.type = value;
    else if (field === 'data') this.data.push(value);
    return undefined;
  }

  private dispatch(): ServerSentEvent | undefined {
    const event = { id: this.id, type: this.type || 'message', data: this.data.join('\n') };
    const empty = this.data.length === 0;
    this.type = '';
    this.data = [];
    return empty ? undefined : event;
  }
}
