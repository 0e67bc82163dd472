import type { Controller } from '../../src/index.js';

/** A controller that does nothing, where the registry only asks whether it runs. */
export const idleController = (name: string): Controller => ({
  name,
  watches: [],
  keysFor: () => [],
  reconcile: () => undefined,
});
