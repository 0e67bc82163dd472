import type { BackendKind } from '../backend/backend-kinds.js';
import { CapacityError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Settings } from '../settings/schema.js';
import { amount, supplyText } from './amount.js';
import { remedyFor, roomFor, supplies, type Load } from './capacity.js';
import type { CapacityView } from '../views.js';
import type { Machine } from './machine.js';

export interface CapacityGateOptions {
  /** See the setting CapacityCheck. */
  mode: Settings['capacityCheck'];
  readMachine: () => Machine;
  /** The clusters that there are. */
  load: () => Load;
  logger: Logger;
}

/** Keeps out clusters that the machine can't hold: with too little of anything all clusters suffer, not the last one. */
export class CapacityGate {
  constructor(private readonly options: CapacityGateOptions) {}

  /** How many more clusters of a backend fit, whatever the mode. */
  view(kind: BackendKind): CapacityView {
    const { clusters, limitedBy = null } = roomFor(kind, this.options.readMachine(), this.options.load());
    return { room: clusters, limitedBy };
  }

  /** Throws {@link CapacityError} when so many more don't fit and the mode is to refuse. */
  admit(kind: BackendKind, count: number): void {
    const { mode, readMachine, load, logger } = this.options;
    if (mode === 'off' || count === 0) return;
    const machine = readMachine();
    const { running, coming } = load();
    const wished = { running, coming: { ...coming, [kind]: (coming[kind] ?? 0) + count } };
    const short = supplies(machine, wished).filter(({ available, needed }) => available < needed);
    if (short.length === 0) return;
    const { clusters } = roomFor(kind, machine, { running, coming });
    const error = new CapacityError(
      `this machine has no room for ${count} more ${kind} cluster${count === 1 ? '' : 's'}, about ${clusters} would fit: ` +
        `${short.map((one) => `${supplyText(one)} (${remedyFor(one)})`).join('; ')}. ` +
        'The setting CapacityCheck can switch this off.',
    );
    if (mode === 'refuse') throw error;
    logger.warn({}, error.message);
  }

  /** Says at the start what fits, and whether the clusters that there are do. */
  report(defaultKind: BackendKind): void {
    const { readMachine, load, logger } = this.options;
    const machine = readMachine();
    const short = supplies(machine, load()).filter(({ available, needed }) => available < needed);
    for (const one of short)
      logger.warn(
        {},
        `the clusters of this home need more than there is: ${supplyText(one)}; ${remedyFor(one)}`,
      );
    const { clusters, limitedBy } = roomFor(defaultKind, machine, load());
    logger.info(
      {
        room: Number.isFinite(clusters) ? clusters : null,
        limitedBy,
        memory: amount({ inBytes: true }, machine.memoryBytes),
        openFiles: machine.openFiles,
      },
      `room for about ${clusters} more ${defaultKind} clusters`,
    );
  }
}
