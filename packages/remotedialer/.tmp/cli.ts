import { TunnelClient } from '../src/index.js';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
const args = ['--expose-gc', '--conditions=@scale-cluster/source', '--import', 'tsx', 'srv.ts'];
const srv = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface(srv.stdout);
const [port] = await once(lines, 'line');
const N = Number(process.argv[2]);
const gc = () => { (globalThis as any).gc(); return process.memoryUsage().rss; };
const b0 = gc();
const t0 = performance.now();
let next = 0;
await Promise.all(Array.from({ length: 50 }, async () => {
  while (next < N) {
    const i = next++;
    const c = new TunnelClient({ endpoint: () => ({ url: `ws://127.0.0.1:${port}/`, headers: { 'x-tunnel-id': `k${i}` } }), onConnect: () => {} });
    c.start();
    await once(c, 'connected');
  }
}));
const t1 = performance.now();
console.log(N, 'sessions in', t1 - t0, 'ms =>', Math.round(N / (t1 - t0) * 1000), '/s');
await new Promise((r) => setTimeout(r, 20000));
const cpu = process.cpuUsage(); await new Promise((r) => setTimeout(r, 10000)); const d = process.cpuUsage(cpu);
console.log('client per KiB', (gc() - b0) / 1024 / N, 'cpu % idle', (d.user + d.system) / 1e5);
srv.stdin.write('x\n'); console.log('server', (await once(lines, 'line'))[0]);
process.exit();
