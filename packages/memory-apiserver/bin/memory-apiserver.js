#!/usr/bin/env node
// The command as npm links it: there at install time, before anything is built.
import { existsSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** By then a server has answered, so what a first answer needs is compiled. */
const WARM_AFTER_MS = 2_000;

const main = fileURLToPath(new URL('../dist/cli/main.cjs', import.meta.url));
if (!existsSync(main)) {
  process.stderr.write(
    "memory-apiserver is not built yet: run 'npx nx build memory-apiserver' in the repository first\n",
  );
  process.exitCode = 1;
} else if (module.enableCompileCache !== undefined) {
  module.enableCompileCache();
  createRequire(import.meta.url)(main);
} else {
  const { runProgram } = await import('../dist/cli/compiled-code.js');
  const { wasCompiled, keep } = runProgram(main);
  if (!wasCompiled) setTimeout(keep, WARM_AFTER_MS).unref();
}
