import { unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { StateError } from '../errors.js';

/**
 * Keeps two agents from using one home at the same time: both would hold tunnels for the same clusters. A listening
 * socket is the lock, because the system lets go of it however a process ends.
 */
export class HomeLock {
  private constructor(private readonly server: Server | undefined) {}

  /** Throws {@link StateError} when another agent uses the home. */
  static async take(home: string): Promise<HomeLock> {
    const path = join(home, 'agent.sock');
    if (await answers(path)) {
      throw new StateError(
        `Another scale-cluster-agent is using ${home}: stop it, or start this one with another home.`,
      );
    }
    await unlink(path).catch(() => undefined);
    const server = createServer((socket) => socket.destroy());
    server.unref();
    const listening = await new Promise<boolean>((resolve) => {
      // Socket paths end at about 100 characters on most systems; such a home goes without the lock.
      server.once('error', () => resolve(false));
      server.listen(path, () => resolve(true));
    });
    return new HomeLock(listening ? server : undefined);
  }

  async release(): Promise<void> {
    const { server } = this;
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
