#!/usr/bin/env node
// The command as npm links it: there at install time, before anything is built.
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write(
    "memory-apiserver is not built yet: run 'npx nx build memory-apiserver' in the repository first\n",
  );
  process.exitCode = 1;
}
