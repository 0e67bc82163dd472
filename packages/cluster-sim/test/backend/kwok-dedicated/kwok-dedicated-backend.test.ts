import { join } from 'node:path';
import { BinaryMissingError } from '@scale-cluster/kwok-driver';
import { expect, it } from 'vitest';
import { KwokDedicatedBackend } from '../../../src/backend/kwok-dedicated/index.js';
import { silentLogger } from '../../../src/logger.js';
import { defaultTemplate } from '../../../src/template/default-template.js';
import { parseTemplate } from '../../../src/template/load.js';
import { temporaryFolder } from '../../temporary.js';

it('says what is missing where kwokctl is not installed, until nobody asks for a cluster any more', async () => {
  const home = await temporaryFolder();
  const template = parseTemplate(defaultTemplate, 'cluster.yaml', 0);
  let now = 1_000;
  const backend = new KwokDedicatedBackend({
    settings: {
      home,
      audit: false,
      kwokctlPath: join(home, 'no-kwokctl'),
      kwokControllerManager: true,
      kwokConcurrentCreates: 1,
    },
    templates: { get: () => template },
    pki: { caCert: '' },
    now: () => now,
    random: () => 0.5,
    logger: silentLogger,
    onRequest: () => undefined,
  });
  expect(backend.status()).toEqual({ phase: 'starting', message: '', since: 1_000 });
  await backend.adopt([], () => undefined);
  expect(backend.status().phase).toBe('ready');
  now = 2_000;
  const request = { name: 'edge', uid: 'aaaaaaaa-1111-4111-8111-111111111111', createdAt: 0, tokens: {} };
  await expect(backend.provision(request)).rejects.toBeInstanceOf(BinaryMissingError);
  expect(backend.status()).toMatchObject({ phase: 'failed', since: 2_000 });
  expect(backend.status().message).toMatch(/^edge: kwokctl: .*no-kwokctl can't be executed/);
  await backend.remove(request.uid);
  expect(backend.status()).toMatchObject({ phase: 'ready', message: '' });
  await backend.close();
});
