import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from './client.js';
import type { Figures } from './scenarios.js';
import { startOurs } from './server.js';

const idleClusters = fileURLToPath(new URL('./idle-clusters.ts', import.meta.url));

/** Memory and time of clusters that nobody asks anything. */
export async function measureClusters(): Promise<Figures> {
  const options = ['--expose-gc', '--import', 'tsx', idleClusters];
  const { stdout } = await promisify(execFile)(process.execPath, options);
  return JSON.parse(stdout) as Figures;
}

/** From the start of the process to its first answer with an object in it. */
export async function measureFirstAnswer(): Promise<Figures> {
  const start = performance.now();
  const server = await startOurs();
  const client = new Client(server);
  await client.send('GET', '/api/v1/namespaces/default', 200);
  const figures = { 'first answer after process start, ms': performance.now() - start };
  await client.close();
  await server.close();
  return figures;
}
