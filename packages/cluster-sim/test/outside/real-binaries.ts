import { Binaries, type BinaryName } from '@scale-cluster/kwok-driver';

/**
 * Whether tests that need these programs must be skipped, which is printed with what to do. With CI=true nothing is
 * skipped, and the tests fail instead.
 */
export function skipWithout(...names: BinaryName[]): boolean {
  const missing = new Binaries().missing(names);
  if (missing.length === 0 || process.env['CI'] === 'true') return false;
  process.stderr.write(
    `skipped: no ${missing.join(', ')} on the PATH, in KUBE_BINARIES or in tools/kube-binaries/bin ` +
      `(tools/kube-binaries/build.sh builds them with Go); these tests are not optional with CI=true\n`,
  );
  return true;
}
