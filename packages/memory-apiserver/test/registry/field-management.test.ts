import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fieldScenarios, setup } from '../fixtures/field-scenarios.js';
import type { FieldAnswer, Send } from '../fixtures/play-fields.js';
import { playFields, request } from '../fixtures/play-fields.js';
import { TestCluster } from '../http/test-cluster.js';

const recorded = JSON.parse(
  readFileSync(new URL('../fixtures/fields-1.34.json', import.meta.url), 'utf8'),
) as readonly { name: string; answers: FieldAnswer[] }[];

describe('ownership of fields', () => {
  let api: TestCluster;
  const send: Send = async (method, path, headers, body) => {
    const response = await api.fetch(method, path, { headers, body });
    return { code: response.status, text: await response.text() };
  };

  beforeAll(async () => {
    api = await TestCluster.start(undefined, {
      tokens: { admin: { username: 'admin', uid: 'admin', groups: ['system:masters'] } },
    });
    for (const step of setup) await request(step, send);
  });
  afterAll(() => api.close());

  it.each(fieldScenarios.map((scenario, index) => [scenario.name, scenario, index] as const))(
    'is as with kube-apiserver: %s',
    async (name, scenario, index) => {
      const record = recorded[index];
      expect(record?.name).toBe(name);
      const answers = await playFields(scenario, send);
      expect(answers.map(comparable)).toEqual(record?.answers.map(comparable));
    },
  );
});

/** JSON knows no undefined. */
const comparable = (answer: FieldAnswer): unknown => JSON.parse(JSON.stringify(answer));
