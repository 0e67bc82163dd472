import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

const STEP_MS = 10;

/** A port of 127.0.0.1 that leads to `port` over a line of so many bytes a second each way. Ends with the test. */
export async function startThrottle(port: number, bytesPerSecond: number): Promise<number> {
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    onTestFinished(() => void near.destroy());
    carry(near, far, bytesPerSecond);
    carry(far, near, bytesPerSecond);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

function carry(from: Socket, to: Socket, bytesPerSecond: number): void {
  from.pause();
  const timer = setInterval(() => {
    for (let left = (bytesPerSecond * STEP_MS) / 1_000; left > 0;) {
      const chunk = (from.read(Math.min(left, from.readableLength || 1)) ?? from.read()) as Buffer | null;
      if (chunk === null) return;
      to.write(chunk);
      left -= chunk.length;
    }
  }, STEP_MS);
  from.on('error', () => undefined);
  from.on('close', () => {
    clearInterval(timer);
    to.destroy();
  });
}
