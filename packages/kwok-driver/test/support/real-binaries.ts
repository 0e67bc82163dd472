import { vi } from 'vitest';
import { Binaries, type BinaryName } from '../../src/index.js';

const needed: readonly BinaryName[] = ['kwokctl', 'kubectl', 'kwok', 'etcd', 'kube-apiserver'];

/**
 * The programs of this machine. `skip` tells that some are missing, which is printed with what to do; with CI=true
 * nothing is skipped, and the tests fail instead. Gives the file the time that real clusters take to start.
 */
export function realBinaries(): { binaries: Binaries; skip: boolean } {
  vi.setConfig({ testTimeout: 180_000, hookTimeout: 600_000 });
  const binaries = new Binaries();
  const missing = binaries.missing(needed);
  const skip = missing.length > 0 && process.env['CI'] !== 'true';
  if (skip) {
    process.stderr.write(
      `skipped: no ${missing.join(', ')} on the PATH, in KUBE_BINARIES or in tools/kube-binaries/bin ` +
        `(tools/kube-binaries/build.sh builds them with Go); these tests are not optional with CI=true\n`,
    );
  }
  return { binaries, skip };
}
