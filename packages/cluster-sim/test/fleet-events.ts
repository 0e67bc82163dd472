import type { Fleet } from '../src/fleet.js';

/** Resolves at the first event after which it fits, or at once. */
export function until(fleet: Fleet, fits: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!fits()) return;
      fleet.off('event', look);
      resolve();
    };
    fleet.on('event', look);
    look();
  });
}

export const allActive = (fleet: Fleet, count: number): Promise<void> =>
  until(fleet, () => fleet.summary().phases.active === count);
