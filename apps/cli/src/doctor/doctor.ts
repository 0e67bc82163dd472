import { readMachine } from '@scale-cluster/cluster-sim';
import { checkSettings, checkTemplate } from './configuration.js';
import type { Finding } from './finding.js';
import { checkPorts } from './ports.js';
import { checkRancher } from './rancher.js';
import { checkCapacity, checkPrograms } from './resources.js';

/** Looks at everything that `count` clusters need; gives each finding as soon as it is known. */
export async function* examine(count: number, home: string | undefined): AsyncGenerator<Finding> {
  const { findings, settings } = checkSettings(home);
  yield* findings;
  yield* checkCapacity(settings?.backend ?? 'memory', count, readMachine(settings?.shards));
  if (!settings) return;
  yield* checkPrograms(settings);
  yield await checkTemplate(settings);
  yield* await checkPorts(settings, count);
  yield* await checkRancher(settings);
}
