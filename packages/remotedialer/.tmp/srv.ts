import { createServer } from 'node:http';
import { TunnelServer } from '../src/index.js';
const t = new TunnelServer({ authorize: (r) => ({ clientKey: String(r.headers['x-tunnel-id']) }) });
const h = createServer().on('upgrade', (a, b, c) => t.handleUpgrade(a, b, c)).listen(0, '127.0.0.1', () => console.log((h.address() as any).port));
const base = () => { (globalThis as any).gc?.(); return process.memoryUsage().rss; };
let b0 = base();
process.stdin.on('data', () => { console.log(JSON.stringify({ n: t.clients().length, perKiB: (base() - b0) / 1024 / Math.max(1, t.clients().length), rss: base() >> 20, heap: process.memoryUsage().heapUsed >> 20 })); });
