import { HELP, readSettings, UsageError } from './settings.js';

async function main(): Promise<void> {
  try {
    const settings = readSettings(process.argv.slice(2));
    if (settings === undefined) process.stdout.write(HELP);
    else {
      // Not loaded for help and mistakes, which are to be answered at once.
      const { serve } = await import('./serve.js');
      await serve(settings);
    }
  } catch (error) {
    const isUsage = error instanceof UsageError;
    process.stderr.write(`memory-apiserver: ${(error as Error).message}\n`);
    if (isUsage) process.stderr.write("Try 'memory-apiserver --help'.\n");
    process.exitCode = isUsage ? 2 : 1;
  }
}

void main();
