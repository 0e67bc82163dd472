/**
 * Records how a real kube-apiserver answers the requests in `test/http/wire-steps.ts` of memory-apiserver: writes
 * `test/fixtures/wire-1.34.json`.
 *
 * Usage: `NODE_TLS_REJECT_UNAUTHORIZED=0 node --import tsx tools/schema/record-wire.ts https://127.0.0.1:6443 <token>`,
 * a scratch kube-apiserver and the token of a member of `system:masters`. Without controllers, and without the admission
 * plugin ServiceAccount.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { playWire } from '../../packages/memory-apiserver/test/http/wire-player.js';
import { setup, steps, watches } from '../../packages/memory-apiserver/test/http/wire-steps.js';

const [, , server = 'https://127.0.0.1:6443', token = ''] = process.argv;
const target = new URL('../../packages/memory-apiserver/test/fixtures/wire-1.34.json', import.meta.url);

const [namespace, definition, ...objects] = setup;
if (namespace === undefined || definition === undefined) throw new Error('nothing to set up');
await playWire(server, token, [namespace, definition]);
// A new CRD is served only after a moment.
await sleep(3000);
await playWire(server, token, objects);
const answers = await playWire(server, token, steps);
const streams = await Promise.all(watches.map((step) => playWire(server, token, [step])));
const all = [...answers, ...streams.flat()];
writeFileSync(target, `[\n${all.map((answer) => JSON.stringify(answer)).join(',\n')}\n]\n`);
