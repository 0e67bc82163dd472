/** A program that makes one dedicated cluster below the folder it is given, to be killed at it by a test. */
import { silentLogger } from '../../src/index.js';
import { KwokDedicatedBackend } from '../../src/backend/kwok-dedicated/index.js';
import { defaultTemplate } from '../../src/template/default-template.js';
import { parseTemplate } from '../../src/template/load.js';

const [home = '', name = '', uid = ''] = process.argv.slice(2);
const template = parseTemplate(defaultTemplate, 'cluster.yaml', Date.now());
const backend = new KwokDedicatedBackend({
  settings: { home, audit: false, kwokControllerManager: true, kwokConcurrentCreates: 1 },
  templates: { get: () => template },
  pki: { caCert: '' },
  now: () => Date.now(),
  random: () => Math.random(),
  logger: silentLogger,
  onRequest: () => undefined,
});
await backend.provision({ name, uid, createdAt: 0, tokens: {} });
