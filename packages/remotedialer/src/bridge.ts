import type { Duplex } from 'node:stream';

const nothing = Buffer.alloc(0);

/**
 * Joins two streams until both are closed, with back pressure both ways. An end is passed on after the last byte and
 * closes the other stream for good once it has written it: the protocol has no half close. An error is passed on
 * after the last byte too; a close without either at once.
 */
export function bridge(left: Duplex, right: Duplex): void {
  join(left, right);
  join(right, left);
}

function join(from: Duplex, to: Duplex): void {
  let failed = false;
  from.pipe(to);
  from.once('error', (error) => {
    failed = true;
    if (!to.writable) to.destroy(error);
    // Runs when everything before it is written.
    else to.write(nothing, () => to.destroy(error));
  });
  from.once('close', () => {
    if (failed) return;
    if (!from.readableEnded || to.writableFinished) to.destroy();
    else to.once('finish', () => to.destroy());
  });
}
