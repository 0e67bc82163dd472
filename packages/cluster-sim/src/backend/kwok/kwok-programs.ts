import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KwokctlDriver, type BinaryName } from '@scale-cluster/kwok-driver';
import type { Settings } from '../../settings/schema.js';
import { kwokBinaries, kwokFolder } from './kwok-settings.js';

type KwokSettings = Pick<Settings, 'home' | 'kwokctlPath' | 'kubectlPath' | 'kubeBinaries'>;

const needed: readonly BinaryName[] = [
  'kwokctl',
  'kubectl',
  'kwok',
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
];

/** Programs of the kwok backends that aren't on this machine; kwokctl downloads all but itself, where it can. */
export function missingKwokPrograms(settings: KwokSettings): BinaryName[] {
  return kwokBinaries(settings).missing(needed);
}

/**
 * Ends all processes of the kwok backends in a home, and removes their clusters: for a home that is given up, when no
 * fleet has it open. Rejects with the errors of kwok-driver.
 */
export async function removeKwokClusters(settings: KwokSettings): Promise<void> {
  const workDir = kwokFolder(settings);
  const names = await readdir(join(workDir, 'clusters')).catch(() => []);
  const driver = new KwokctlDriver({ workDir, binaries: kwokBinaries(settings) });
  for (const name of names) await driver.delete(name, { ignoreNotFound: true });
}
