import { startFakeRancher } from '@scale-cluster/fake-rancher';
import { loadSettings, Fleet } from '@scale-cluster/cluster-sim';
import { mkdtempSync, readdirSync, readlinkSync } from 'node:fs';
const mode = process.argv[2];
const r = await startFakeRancher({tls:false, checkIntervalMs: 200, provisioningDelayMs: 10, tokenDelayMs: 10, retryDelayMs: 100});
const fds = () => readdirSync('/proc/self/fd').map(f => { try { return readlinkSync('/proc/self/fd/'+f); } catch { return ''; } }).filter(x => x.startsWith('/tmp/ct-'));
const s = loadSettings({home: mkdtempSync('/tmp/ct-'), env: {}, overrides: {RancherURL: mode==='unreach' ? 'http://127.0.0.1:1' : r.url, BearerToken: r.token, ListenPort:0, LocalAPIPort:0}});
const f = await Fleet.open({settings: s});
if (mode !== 'nostart') f.start();
if (mode !== 'none') await f.createMany(Array.from({length:30},(_, i)=>`c-${i}`));
if (mode === 'active') await r.waitFor(cs => cs.length===30 && cs.every(c=>c.active));
if (mode === 'delete') { await r.waitFor(cs => cs.length===30 && cs.every(c=>c.active)); await f.deleteMany(f.names()); await r.waitFor(cs => cs.length===0); }
if (mode === 'mid') await new Promise(x => setTimeout(x, 700));
console.log(mode, 'open before', fds().length); await f.close(); console.log('after close', fds());
await new Promise(x => setTimeout(x, 2000)); console.log('2s later', fds());
await r.close();
