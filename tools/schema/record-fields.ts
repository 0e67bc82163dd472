/**
 * Plays the requests of `test/fixtures/field-scenarios.ts` of memory-apiserver against a real kube-apiserver and
 * writes what it answers to `fields-1.34.json` beside it.
 *
 * Usage: `node --import tsx tools/schema/record-fields.ts https://127.0.0.1:6443 TOKEN`, an empty server without
 * controllers and ServiceAccount admission, whose token belongs to `system:masters`.
 */
import { writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { fieldScenarios, setup } from '../../packages/memory-apiserver/test/fixtures/field-scenarios.js';
import type { Send } from '../../packages/memory-apiserver/test/fixtures/play-fields.js';
import { playFields, request } from '../../packages/memory-apiserver/test/fixtures/play-fields.js';

const [server = 'https://127.0.0.1:6443', token = ''] = process.argv.slice(2);

const send: Send = (method, path, headers, body) =>
  new Promise((resolve, reject) => {
    const options = {
      method,
      headers: { ...headers, authorization: `Bearer ${token}` },
      // A scratch server with a certificate of its own making.
      rejectUnauthorized: false,
    };
    const outgoing = httpsRequest(server + path, options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ code: response.statusCode ?? 0, text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });

for (const step of setup) await request(step, send);
// The definition takes a moment to be served.
for (let tries = 0; tries < 100; tries += 1) {
  const { code } = await send('GET', '/apis/fields.example.com/v2/things', {});
  if (code === 200) break;
  await new Promise((resolve) => setTimeout(resolve, 100));
}
const recorded = [];
for (const scenario of fieldScenarios)
  recorded.push({ name: scenario.name, answers: await playFields(scenario, send) });
const lines = recorded.map(
  ({ name, answers }) =>
    `{"name":${JSON.stringify(name)},"answers":[\n${answers.map((answer) => JSON.stringify(answer)).join(',\n')}]}`,
);
const file = new URL('../../packages/memory-apiserver/test/fixtures/fields-1.34.json', import.meta.url);
writeFileSync(file, `[\n${lines.join(',\n')}\n]\n`);
