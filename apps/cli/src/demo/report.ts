import { basename, join, relative } from 'node:path';
import { formatBytes, formatDuration } from '../output/format.js';
import { formatTable } from '../output/table.js';
import type { Terminal } from '../output/terminal.js';
import type { DemoResult } from './demo.js';

/** Prints what a demo has found, for people. */
export function printDemo(terminal: Terminal, result: DemoResult): void {
  const { clusters, seconds, stageTimings, rancher } = result;
  terminal.print();
  terminal.print(
    terminal.paint(
      'bold',
      `${rancher.active} of ${clusters} clusters active in ${formatDuration(seconds * 1000)}`,
    ) + `, says Rancher; ${rancher.violations.length} violations of what a real cluster would do`,
  );
  for (const violation of rancher.violations.slice(0, 10)) terminal.print(`  ${violation}`);
  terminal.print();
  terminal.print(
    formatTable(
      ['STAGE (since POST)', 'CLUSTERS', 'P50', 'P95', 'P99', 'MAX'],
      Object.entries(stageTimings).map(([stage, { count, p50, p95, p99, max }]) => [
        stage,
        String(count),
        ...[p50, p95, p99, max].map(formatDuration),
      ]),
    ),
  );
  terminal.print();
  terminal.print(memoryLine(result));
}

/** Of this process alone: what KWOK's processes take is in bench/backends. */
function memoryLine({ clusters, memory: { before, after } }: DemoResult): string {
  const perCluster = (bytes: number): string => formatBytes(Math.max(0, bytes) / clusters);
  return (
    `memory  ${formatBytes(after.rssBytes)} (RSS) with ${clusters} clusters, ${formatBytes(before.rssBytes)} before: ` +
    `${perCluster(after.rssBytes - before.rssBytes)} per cluster, of it ${perCluster(after.heapBytes - before.heapBytes)} JavaScript heap`
  );
}

/** Prints what can be tried while everything is still up. */
export function printNextSteps(
  terminal: Terminal,
  { backend, kubeconfigs, urls, home, firstCluster }: DemoResult,
): void {
  const steps = [
    [`kubectl --kubeconfig ${kubeconfigs.throughRancher} get nodes`, 'through Rancher and the tunnel'],
    [`kubectl --kubeconfig ${kubeconfigs.direct} get pods -A`, `the API of ${firstCluster} itself`],
    ...(backend === 'kwok-shared'
      ? ([
          [
            `kubectl --kubeconfig ${join(home, 'kubeconfig')} --context kwok-main-cluster get ns,nodes,pods -A`,
            'the main cluster, where nodes and pods of all live',
          ],
        ] as const)
      : []),
    [`${thisCommand()} watch --server ${urls.agent}`, 'all clusters, live'],
    [`${urls.agent}/docs`, 'the REST API'],
  ] as const;
  terminal.print('\nTry in another terminal:\n');
  for (const [command, what] of steps) terminal.print(`  # ${what}\n  ${command}\n`);
  terminal.print(`Ctrl-C ends it all; the files stay in ${home}.`);
}

/** How this program was called: by its name where it is installed, else by its file. */
function thisCommand(): string {
  const file = process.argv[1] ?? '';
  return basename(file) === 'scale-cluster' ? 'scale-cluster' : `node ${relative(process.cwd(), file)}`;
}
