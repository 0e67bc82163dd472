import { setTimeout as delay } from 'node:timers/promises';
import type { AgentClient } from './client.js';
import type { ClusterEvent } from './clusters.js';
import { SseParser } from './sse.js';

const RECONNECT_MS = 1000;

/** What {@link followEvents} gives: an event, or word that the list must be (re)read because some are missing. */
export type Followed = { readonly type: 'event'; readonly event: ClusterEvent } | { readonly type: 'reload' };

/**
 * Follows the agent's events until `signal` aborts. Begins with `reload` once connected, so that a list read then
 * misses nothing; reconnects where it broke off. Throws only if the first connect fails.
 */
export async function* followEvents(client: AgentClient, signal: AbortSignal): AsyncGenerator<Followed> {
  let lastId: string | undefined;
  let connectedBefore = false;
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = lastId === undefined ? {} : { 'last-event-id': lastId };
      const response = await client.stream('/api/v1/events', headers, signal);
      if (lastId === undefined) yield { type: 'reload' };
      connectedBefore = true;
      const parser = new SseParser();
      const decoder = new TextDecoder();
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        for (const event of parser.push(decoder.decode(chunk, { stream: true }))) {
          lastId = event.id ?? lastId;
          if (event.type === 'reset') yield { type: 'reload' };
          else yield { type: 'event', event: JSON.parse(event.data) as ClusterEvent };
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!connectedBefore) throw error;
    }
    await delay(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
  }
}
