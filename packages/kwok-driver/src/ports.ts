import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Whether a TCP port can be listened on: on all interfaces, as kube-apiserver does, which also fails when another
 * process has it on 127.0.0.1 only. A moment later it may be taken.
 */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Whether a port is free, or gets free within `graceMs`, as that of a process that was just killed does. */
export async function becomesFree(port: number, graceMs: number): Promise<boolean> {
  for (const end = Date.now() + graceMs; Date.now() < end; await delay(50)) {
    if (await isPortFree(port)) return true;
  }
  return isPortFree(port);
}
