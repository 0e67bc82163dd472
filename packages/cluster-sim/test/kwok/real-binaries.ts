import { Binaries, type BinaryName } from '@scale-cluster/kwok-driver';
import { vi } from 'vitest';

/**
 * Whether tests that need these programs must be skipped, which is printed with what to do. With CI=true nothing is
 * skipped, and the tests fail instead. Gives the file the time that real clusters take to start.
 */
export function skipWithout(...names: BinaryName[]): boolean {
  vi.setConfig({ testTimeout: 180_000, hookTimeout: 600_000 });
  const missing = new Binaries().missing(names);
  if (missing.length === 0 || process.env['CI'] === 'true') return false;
  process.stderr.write(
    `skipped: no ${missing.join(', ')} on the PATH, in KUBE_BINARIES or in tools/kube-binaries/bin ` +
      `(tools/kube-binaries/build.sh builds them with Go); these tests are not optional with CI=true\n`,
  );
  return true;
}
