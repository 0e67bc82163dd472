/**
 * What keeping `metadata.managedFields` costs: CPU time of a write and heap of a stored object, of objects whose
 * writers are recorded and of the same without (reset by an empty entry; new ones always have it, so their cost is
 * that of the recording itself).
 *
 * Usage: `node --expose-gc --conditions=@scale-cluster/source --import tsx bench/memory-apiserver/managed-fields.ts`
 */
import type { KubeObject } from '@scale-cluster/memory-apiserver';
import { ApiServer } from '@scale-cluster/memory-apiserver';

const COUNT = 3000;

// Without the recent changes that are kept for watches: only what is stored counts.
const server = new ApiServer({ controllers: [], limits: { maxEvents: 1 } });
const { api } = server.createCluster({ name: 'bench', uid: 'bench', base: server.emptyBase });
const writer = { fieldManager: 'bench' };

const pod = (name: string, isRecorded: boolean): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'default',
    labels: { app: 'web', 'pod-template-hash': 'abc' },
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: `uid-${name.length}`, controller: true },
    ],
    ...(isRecorded ? {} : { annotations: { kept: 'apart' } }),
  },
  spec: {
    containers: [
      {
        name: 'web',
        image: 'nginx:1.27',
        ports: [{ containerPort: 80 }],
        env: [{ name: 'A', value: 'b' }],
        resources: { requests: { cpu: '10m', memory: '20Mi' } },
        volumeMounts: [{ name: 'v', mountPath: '/v' }],
      },
    ],
    volumes: [{ name: 'v', emptyDir: {} }],
  },
});

const status = (index: number, ready: boolean): object => ({
  status: {
    phase: 'Running',
    podIP: `10.42.${index >> 8}.${index & 255}`,
    podIPs: [{ ip: `10.42.${index >> 8}.${index & 255}` }],
    conditions: [
      { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ],
  },
});

function heapUsed(): number {
  global.gc?.();
  global.gc?.();
  return process.memoryUsage().heapUsed;
}

let round = 0;

function run(_what: string, work: (index: number) => void): void {
  for (let index = 0; index < COUNT; index += 1) work(index);
}

function measure(what: string, work: (index: number) => void): void {
  const heap = heapUsed();
  const start = process.cpuUsage();
  for (let index = 0; index < COUNT; index += 1) work(index);
  const { user, system } = process.cpuUsage(start);
  const micros = ((user + system) / COUNT).toFixed(1).padStart(8);
  const bytes = ((heapUsed() - heap) / COUNT).toFixed(0).padStart(6);
  process.stdout.write(`${what.padEnd(36)}${micros} µs ${bytes} bytes\n`);
}

for (const isRecorded of [false, true, false, true]) {
  // The first two rounds warm up.
  round += 1;
  const isShown = round > 2;
  const kind = isRecorded ? 'recorded' : 'unrecorded';
  const name = (index: number): string => `${kind}-${round}-${index}`;
  const show = isShown ? measure : run;
  const ready = (to: boolean) => (index: number) =>
    void api.patch('pods', 'default', name(index), 'strategic', status(index, to), {
      ...writer,
      subresource: 'status',
    });
  if (isRecorded) show(`create a pod, ${kind}`, (index) => void api.create(pod(name(index), true), writer));
  else
    for (let index = 0; index < COUNT; index += 1) {
      api.create(pod(name(index), false), writer);
      api.patch('pods', 'default', name(index), 'merge', { metadata: { managedFields: [{}] } }, writer);
    }
  show(`first status of a pod, ${kind}`, ready(true));
  show(`another status of a pod, ${kind}`, ready(false));
  measure(
    `label a pod, ${kind}`,
    (index) =>
      void api.patch(
        'pods',
        'default',
        name(index),
        'merge',
        { metadata: { labels: { n: String(index) } } },
        writer,
      ),
  );
}
await server.close();
