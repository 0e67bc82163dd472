import { join } from 'node:path';
import { Binaries } from '@scale-cluster/kwok-driver';
import type { Settings } from '../../settings/schema.js';

/** The programs that the settings name, else those that are found. */
export function kwokBinaries({
  kwokctlPath,
  kubectlPath,
  kubeBinaries,
}: Pick<Settings, 'kwokctlPath' | 'kubectlPath' | 'kubeBinaries'>): Binaries {
  return new Binaries({
    paths: {
      ...(kwokctlPath === undefined ? {} : { kwokctl: kwokctlPath }),
      ...(kubectlPath === undefined ? {} : { kubectl: kubectlPath }),
    },
    ...(kubeBinaries === undefined ? {} : { folders: [kubeBinaries] }),
  });
}

/** kwokctl's folder (`KWOK_WORKDIR`) of a fleet: its clusters are nobody else's. */
export const kwokFolder = ({ home }: Pick<Settings, 'home'>): string => join(home, 'kwok');

/** The audit policy for kube-apiservers, beside the settings; undefined when nothing is audited. */
export function auditPolicy({ home, audit }: Pick<Settings, 'home' | 'audit'>): string | undefined {
  return audit ? join(home, 'config', 'audit-policy.yaml') : undefined;
}
