import { checkSettings, checkTemplate } from './configuration.js';
import type { Finding } from './finding.js';
import { checkPorts } from './ports.js';
import { checkRancher } from './rancher.js';
import { checkMemory, checkOpenFiles, openFileLimit } from './resources.js';

/** Looks at everything that `count` clusters need; gives each finding as soon as it is known. */
export async function* examine(count: number, home: string | undefined): AsyncGenerator<Finding> {
  const { findings, settings } = checkSettings(home);
  yield* findings;
  yield checkOpenFiles(count, openFileLimit());
  yield* checkMemory(count);
  if (!settings) return;
  yield await checkTemplate(settings);
  yield* await checkPorts(settings);
  yield* await checkRancher(settings);
}
