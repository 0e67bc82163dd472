import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AgentClient } from '../../src/api/client.js';
import { followEvents, type Followed } from '../../src/api/events.js';

/** An agent whose event stream is played by `handlers`, one for each connection. */
async function agentWith(
  ...handlers: ((request: IncomingMessage, response: ServerResponse) => void)[]
): Promise<{ client: AgentClient; lastEventIds: unknown[] }> {
  const lastEventIds: unknown[] = [];
  const server = createServer((request, response) => {
    const handler = handlers[lastEventIds.length];
    lastEventIds.push(request.headers['last-event-id']);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    handler?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());
  return {
    client: new AgentClient({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
    lastEventIds,
  };
}

const frame = (seq: number): string => `id: ${seq}\nevent: stage\ndata: {"seq":${seq}}\n\n`;

async function take(client: AgentClient, count: number): Promise<(number | 'reload')[]> {
  const stop = new AbortController();
  const seen: (number | 'reload')[] = [];
  const short = (next: Followed): number | 'reload' => (next.type === 'reload' ? 'reload' : next.event.seq);
  for await (const next of followEvents(client, stop.signal)) {
    seen.push(short(next));
    if (seen.length === count) break;
  }
  stop.abort();
  return seen;
}

describe('following events', () => {
  it('reads the list once, then goes on after the last id when the stream breaks', async () => {
    const { client, lastEventIds } = await agentWith(
      (_request, response) => response.write(frame(1) + frame(2), () => response.destroy()),
      (_request, response) => response.write(frame(3)),
    );
    expect(await take(client, 4)).toEqual(['reload', 1, 2, 3]);
    expect(lastEventIds).toEqual([undefined, '2']);
  });

  it('reads the list anew when the agent says that events were lost', async () => {
    const { client } = await agentWith((_request, response) =>
      response.write(`${frame(1)}id: 9\nevent: reset\ndata: {"type":"reset","seq":9}\n\n${frame(10)}`),
    );
    expect(await take(client, 4)).toEqual(['reload', 1, 'reload', 10]);
  });

  it('fails at once when there is no agent, and ends quietly when stopped', async () => {
    const none = new AgentClient({ server: 'http://127.0.0.1:1' });
    await expect(take(none, 1)).rejects.toMatchObject({ code: 'ERR_CLI_UNREACHABLE' });
    const stopped = followEvents(none, AbortSignal.abort());
    expect(await stopped.next()).toEqual({ done: true, value: undefined });
  });
});
