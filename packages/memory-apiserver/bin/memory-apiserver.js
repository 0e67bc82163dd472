#!/usr/bin/env node
// The command as npm links it: there at install time, before anything is built.
import { existsSync } from 'node:fs';
import module from 'node:module';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(main)) {
  // Node.js 22.1 and later keep what they compile for the next start, which takes a quarter less time.
  module.enableCompileCache?.();
  await import(main.href);
} else {
  process.stderr.write(
    "memory-apiserver is not built yet: run 'npx nx build memory-apiserver' in the repository first\n",
  );
  process.exitCode = 1;
}
