import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const folder = import.meta.dirname;

/** The programs that run the suite. */
export interface Programs {
  /** `k8s.io/kubernetes/test/e2e`, compiled. */
  readonly suite: string;
  readonly ginkgo: string;
}

/**
 * Builds what isn't in the cache yet (`$XDG_CACHE_HOME/scale-cluster-agent`, by the content of `go.sum`): about four
 * minutes of CPU the first time. Throws Error when Go fails; what it says goes to stderr.
 */
export function buildPrograms(): Programs {
  const versions = createHash('sha256')
    .update(readFileSync(join(folder, 'go.sum')))
    .digest('hex');
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const target = join(cache, 'scale-cluster-agent', `conformance-${versions.slice(0, 12)}`);
  mkdirSync(target, { recursive: true });
  const suite = join(target, 'e2e.test');
  const ginkgo = join(target, 'ginkgo');
  build(ginkgo, ['build', '-o', `${ginkgo}.new`, 'github.com/onsi/ginkgo/v2/ginkgo']);
  build(suite, ['test', '-c', '-ldflags=-s -w', '-o', `${suite}.new`, 'k8s.io/kubernetes/test/e2e']);
  return { suite, ginkgo };
}

function build(file: string, args: readonly string[]): void {
  if (existsSync(file)) return;
  process.stderr.write(`building ${file}\n`);
  const { status, error } = spawnSync(process.env['GO'] ?? 'go', args, { cwd: folder, stdio: 'inherit' });
  if (error !== undefined) throw new Error(`Go can't be run: ${error.message}`);
  if (status !== 0) throw new Error(`go ${args[0] ?? ''} ended with ${status ?? 'a signal'}`);
  // An interrupted build must not be taken for a finished one.
  renameSync(`${file}.new`, file);
}
