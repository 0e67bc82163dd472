// one stream each way: client in a child? both in one process to get total CPU
import { createServer } from 'node:http';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { TunnelServer, TunnelClient } from '../src/index.js';
if (process.argv[2] === 'client') {
  const c = new TunnelClient({ endpoint: () => ({ url: process.argv[3]!, headers: { 'x-tunnel-id': 'a' } }), onConnect: (conn, { address }) => {
    if (address === 'sink:1') { let n = 0; conn.on('data', (d: Buffer) => { n += d.length; if (n === 1 << 30) conn.write('done'); }); }
    else if (address === 'src:1') { const b = Buffer.alloc(65536); let n = 0; const f = () => { while (n < 1 << 30) { n += b.length; if (!conn.write(b)) return; } conn.off('drain', f); }; conn.on('drain', f); f(); }
    else conn.pipe(conn);
  } });
  c.start(); await once(c, 'connected'); console.log('ok');
  process.on('SIGUSR2', () => { const u = process.cpuUsage(); console.log(((u.user + u.system) / 1e6).toFixed(2)); });
} else {
  const t = new TunnelServer({ authorize: () => ({ clientKey: 'a' }) });
  const h = createServer().on('upgrade', (a, b, c) => t.handleUpgrade(a, b, c)).listen(0, '127.0.0.1'); await once(h, 'listening');
  const ses = once(t, 'session');
  const child = spawn(process.execPath, ['--conditions=@scale-cluster/source', '--import', 'tsx', 'thr.ts', 'client', `ws://127.0.0.1:${(h.address() as any).port}/`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout); await once(lines, 'line'); await ses;
  const cpu = async () => { child.kill('SIGUSR2'); return Number((await once(lines, 'line'))[0]); };
  for (const way of ['src', 'sink', 'src', 'sink']) {
    const conn = t.dial('a', 'tcp', way + ':1'); const c0 = await cpu(), u0 = process.cpuUsage(); const t0 = performance.now();
    if (way === 'src') { let n = 0; await new Promise<void>((r) => conn.on('data', (d: Buffer) => { n += d.length; if (n === 1 << 30) r(); })); }
    else { const b = Buffer.alloc(65536); let n = 0; const f = () => { while (n < 1 << 30) { n += b.length; if (!conn.write(b)) return; } conn.off('drain', f); }; conn.on('drain', f); f(); await once(conn, 'data'); }
    const s = (performance.now() - t0) / 1000; const u = process.cpuUsage(u0);
    console.log(way === 'src' ? 'down' : 'up', Math.round(1024 / s), 'MiB/s cpu server', ((u.user + u.system) / 1e6).toFixed(2), 'client', ((await cpu()) - c0).toFixed(2)); conn.destroy();
  }
  const e = t.dial('a', 'tcp', 'echo:1'); const lat: number[] = []; const b = Buffer.alloc(1024);
  for (let i = 0; i < 20000; i++) { const t0 = performance.now(); e.write(b); let n = 0; while (n < 1024) n += ((await once(e, 'data'))[0] as Buffer).length; lat.push(performance.now() - t0); }
  lat.sort((x, y) => x - y); console.log('echo p50', (lat[10000]! * 1000).toFixed(0), 'us p99', (lat[19800]! * 1000).toFixed(0));
  const t0 = performance.now(); for (let i = 0; i < 5000; i++) { const c = t.dial('a', 'tcp', 'echo:1'); c.write('x'); await once(c, 'data'); c.destroy(); }
  console.log('open+echo+close', Math.round(5000 / (performance.now() - t0) * 1000), '/s');
  child.kill(); process.exit();
}
