import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '../run.js';
import { secondsSince, until } from '../wait.js';

/** V8 gives pages back only some time after the last garbage. */
const settleSec = 60;

/** Deletes all clusters, here and so in Rancher, and looks what is left of them. */
export async function deleteAll(run: Run): Promise<void> {
  const { agent, clusters, home, options, rancher } = run;
  const uids = new Set((await agent.clusters()).map(({ uid }) => uid));
  const from = performance.now();
  await run.profiled('delete', async () => {
    await agent.deleteAll();
    await until('all clusters to be gone', options.timeoutSec, async () => {
      const [{ total }, seen] = await Promise.all([agent.summary(), rancher.stats()]);
      return total + seen.total === 0 ? true : undefined;
    });
  });
  const seconds = secondsSince(from);
  run.say(`all deleted; ${settleSec} s for memory to be given back`);
  await sleep(settleSec * 1000);
  const { total, tunnels } = await rancher.stats();
  const { rssMiB } = agent.usage;
  run.clusters = 0;
  run.figures.add('delete', clusters, {
    'all gone, s': seconds,
    'left in Rancher': total + tunnels.cluster + tunnels.steve,
    'left on disk': await named(home, uids),
    'RSS, MiB': rssMiB,
    'RSS / at the start': rssMiB / run.emptyRssMiB,
  });
}

const uidPattern = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** How many of the uids some file under the folder still names. */
async function named(folder: string, uids: ReadonlySet<string>): Promise<number> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  const found = new Set<string>();
  for (const { parentPath, name } of files) {
    for (const text of [name, await readFile(join(parentPath, name), 'latin1')]) {
      for (const [uid] of text.matchAll(uidPattern)) if (uids.has(uid)) found.add(uid);
    }
  }
  return found.size;
}
