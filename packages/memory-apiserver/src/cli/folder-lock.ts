import { rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

/**
 * Keeps a second process from using a folder. The lock is a socket that listens, because the system lets go of it
 * however a process ends.
 */
export class FolderLock {
  private constructor(private readonly server: Server | undefined) {}

  /** Rejects with an Error when another process has the folder. */
  static async take(folder: string): Promise<FolderLock> {
    const path = join(folder, 'lock.sock');
    if (await answers(path)) throw new Error(`another memory-apiserver is using ${folder}`);
    rmSync(path, { force: true });
    const server = createServer((socket) => socket.destroy());
    server.unref();
    const isListening = await new Promise<boolean>((resolve) => {
      // Paths of sockets end at about 100 characters on most systems; a folder that deep goes without the lock.
      server.once('error', () => resolve(false));
      server.listen(path, () => resolve(true));
    });
    return new FolderLock(isListening ? server : undefined);
  }

  release(): void {
    this.server?.close();
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
