import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const tool = fileURLToPath(new URL('../kube-binaries/', import.meta.url));

/**
 * The folder that etcd and kube-apiserver are in: `KUBE_BINARIES`, else that of `tools/kube-binaries`, where they are
 * built if need be (minutes). Throws if they can't be.
 */
export function kubeBinaries(names: readonly string[]): string {
  const folder = process.env['KUBE_BINARIES'] ?? join(tool, 'bin');
  if (names.every((name) => existsSync(join(folder, name)))) return folder;
  const { status } = spawnSync(join(tool, 'build.sh'), [folder, ...names], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`tools/kube-binaries/build.sh ended with ${status ?? 'a signal'}`);
  return folder;
}
