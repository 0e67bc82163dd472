#!/usr/bin/env node
// The command as npm links it: there at install time, before anything is built.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write(
    "scale-cluster-agent is not built yet: run 'npx nx run-many -t bundle' in the repository first\n",
  );
  process.exitCode = 1;
}
