import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

/** The versions of github.com/rancher/remotedialer tested against, and the go.mod that names each. */
const versions = { 'v0.6.1': 'go.mod', 'v0.4.0': 'go.v0.4.0.mod' };

declare module 'vitest' {
  interface ProvidedContext {
    /** Version to program; empty without Go. */
    peers: Record<string, string>;
  }
}

/** Builds the Go programs of tools/interop once per run (Go's own cache makes it quick). */
export default function buildPeers(project: TestProject): void {
  const root = new URL('../../../../', import.meta.url);
  const folder = fileURLToPath(new URL('node_modules/.cache/remotedialer-interop/', root));
  if (!hasGo()) {
    if (process.env.CI === 'true') throw new Error('the interop tests need Go, which is not on the PATH');
    process.stderr.write('interop tests skipped: Go is not on the PATH\n');
    project.provide('peers', {});
    return;
  }
  mkdirSync(folder, { recursive: true });
  const peers: Record<string, string> = {};
  for (const [version, modFile] of Object.entries(versions)) {
    const program = `${folder}peer-${version}`;
    execFileSync('go', ['build', `-modfile=${modFile}`, '-o', program, '.'], {
      cwd: fileURLToPath(new URL('tools/interop/', root)),
      stdio: 'inherit',
    });
    peers[version] = program;
  }
  project.provide('peers', peers);
}

function hasGo(): boolean {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
