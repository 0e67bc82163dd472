import {
  missingKwokPrograms,
  readMachine,
  remedyFor,
  supplies,
  supplyText,
  type BackendKind,
  type Machine,
  type Settings,
} from '@scale-cluster/cluster-sim';
import { plural } from '../output/format.js';
import { fail, ok, type Finding } from './finding.js';

/** Compares what so many clusters need, one by one resource, with what there is here (or in this container). */
export function checkCapacity(
  backend: BackendKind,
  count: number,
  machine: Machine = readMachine(),
): Finding[] {
  const all = plural(count, backend === 'memory' ? 'cluster' : `${backend} cluster`);
  return supplies(machine, { running: {}, coming: { [backend]: count } }).map((supply) => {
    const { resource, available, needed } = supply;
    const message = `${supplyText(supply).slice(resource.length + 2)} for ${all}`;
    return available >= needed ? ok(resource, message) : fail(resource, message, remedyFor(supply));
  });
}

/** Whether the programs of the default backend are here. */
export function checkPrograms(
  settings: Pick<Settings, 'backend' | 'home' | 'kwokctlPath' | 'kubectlPath' | 'kubeBinaries'>,
): Finding[] {
  if (settings.backend === 'memory') return [];
  const missing = missingKwokPrograms(settings);
  return [
    missing.length === 0
      ? ok('programs', `all that ${settings.backend} needs are here`)
      : fail(
          'programs',
          `${settings.backend} needs ${missing.join(', ')}`,
          'put them on the PATH, or into a folder that KubeBinaries names: tools/kube-binaries/build.sh builds them',
        ),
  ];
}
