import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from './client.js';
import type { Figures } from './scenarios.js';
import { median } from './scenarios.js';
import { startOurs } from './server.js';

const idleClusters = fileURLToPath(new URL('./idle-clusters.ts', import.meta.url));

/** Memory and time of clusters that nobody asks anything. */
export async function measureClusters(): Promise<Figures> {
  const options = ['--expose-gc', '--import', 'tsx', idleClusters];
  const { stdout } = await promisify(execFile)(process.execPath, options);
  return JSON.parse(stdout) as Figures;
}

/** Starts of which the middle one counts, as every other second another process has a core for a moment. */
const STARTS = 5;
/** After so long the command has kept what is compiled of it. */
const KEPT_MS = 5_000;

/**
 * From the start of the process to its first answer with an object in it: when compiled code of the command is kept
 * from an earlier start, and when there is none.
 */
export async function measureFirstAnswer(): Promise<Figures> {
  const cacheFolder = mkdtempSync(join(tmpdir(), 'bench-compiled-'));
  const later: number[] = [];
  const first: number[] = [];
  try {
    await timeOfFirstAnswer(cacheFolder, KEPT_MS);
    for (let start = 1; start <= STARTS; start += 1) {
      later.push(await timeOfFirstAnswer(cacheFolder));
      first.push(await timeOfFirstAnswer('/dev/null'));
    }
  } finally {
    rmSync(cacheFolder, { recursive: true });
  }
  return {
    'first answer after process start, ms': median(later),
    'first answer of the first start ever, ms': median(first),
  };
}

async function timeOfFirstAnswer(cacheFolder: string, thenWaitMs = 0): Promise<number> {
  const start = performance.now();
  const server = await startOurs(cacheFolder);
  const client = new Client(server);
  await client.send('GET', '/api/v1/namespaces/default', 200);
  const elapsed = performance.now() - start;
  await setTimeout(thenWaitMs);
  await client.close();
  await server.close();
  return elapsed;
}
