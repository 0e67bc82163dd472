import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Command } from './end/fake-rancher.js';
import { endWithUs, type Rancher, type RancherStats } from './rancher.js';

interface Message {
  readonly ready?: { readonly url: string; readonly token: string };
  readonly id?: number;
  readonly result?: unknown;
}

/** Starts the repository's own small Rancher, for machines that have no other. */
export async function startFake(): Promise<Rancher> {
  const child = fork(new URL('end/fake-rancher.ts', import.meta.url), { execArgv: process.execArgv });
  endWithUs(child);
  const gone = once(child, 'exit').then(() => {
    throw new Error('fake-rancher has ended');
  });
  gone.catch(() => undefined);
  const first = (await Promise.race([once(child, 'message'), gone])) as [Message];
  const { url = '', token = '' } = first[0].ready ?? {};

  const waiting = new Map<number, (result: unknown) => void>();
  let lastId = 0;
  child.on('message', ({ id = 0, result }: Message) => {
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  const ask = async <T>(command: Command): Promise<T> => {
    const id = ++lastId;
    const answer = new Promise((resolve) => waiting.set(id, resolve));
    child.send({ id, command });
    return (await Promise.race([answer, gone])) as T;
  };
  return {
    name: 'fake-rancher',
    url,
    token,
    stats: () => ask<RancherStats>({ do: 'stats' }),
    drop: async (share) => (await ask<{ sockets: number }>({ do: 'drop', share })).sockets,
    stop: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}
