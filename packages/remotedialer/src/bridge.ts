import type { Duplex } from 'node:stream';

/**
 * Joins two streams until both have ended, with back pressure both ways. The end of one side is passed on after its
 * last byte; an error or a premature close of one side destroys the other, with the same error.
 */
export function bridge(left: Duplex, right: Duplex): void {
  join(left, right);
  join(right, left);
}

function join(from: Duplex, to: Duplex): void {
  from.pipe(to);
  from.on('error', (error) => to.destroy(error));
  from.on('close', () => {
    // After a clean end `pipe` has ended `to`, which still writes what it has; otherwise there is nothing to wait for.
    if (from.readableEnded) to.end();
    else to.destroy();
  });
}
