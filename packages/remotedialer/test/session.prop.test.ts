import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Model, type Action } from './helpers/session-model.js';
import { effort } from './helpers/fuzz.js';

const STREAMS = 4;

const end = { stream: fc.nat(STREAMS - 1), near: fc.boolean() };
const side = fc.constantFrom('client' as const, 'server' as const);
const steps = [
  fc.record({ kind: fc.constant('dial' as const), side }),
  fc.record({
    kind: fc.constant('write' as const),
    ...end,
    bytes: fc.constantFrom(1, 700, 70_000, 1_200_000),
  }),
  fc.record({
    kind: fc.constantFrom('end' as const, 'destroy' as const, 'stop' as const, 'go' as const),
    ...end,
  }),
  fc.record({ kind: fc.constantFrom('hold' as const, 'release' as const), side }),
  fc.record({ kind: fc.constant('deliver' as const), side, messages: fc.integer({ min: 1, max: 5 }) }),
  // 61 s: past the next SyncConnections.
  fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(150, 1_100, 4_000, 61_000) }),
];

const actions = fc.array(fc.oneof(...steps), { minLength: 5, maxLength: 60 });

async function run(actions: readonly Action[]): Promise<Model> {
  const model = new Model(STREAMS);
  for (const [index, action] of actions.entries()) {
    model.play(action);
    if (index % 3 === 0) await setImmediate();
  }
  await model.finish();
  return model;
}

test('whatever the order of dials, writes, stops, stalls and ends, bytes arrive in order and none is lost', async () => {
  await fc.assert(
    fc.asyncProperty(actions, async (played) => {
      const model = await run(played);
      expect(model.violations()).toEqual([]);
      expect(model.lost).toBe(false);
      model.pair.client.close();
      await setImmediate();
      expect([model.pair.client.connectionCount, model.pair.server.connectionCount]).toEqual([0, 0]);
    }),
    effort(100, 0.2),
  );
}, 86_400_000);

test('when the session is lost at any moment, what arrived is right, every stream ends and every write is called back', async () => {
  const loss = fc.record({ kind: fc.constantFrom('lose' as const, 'close' as const), side });
  await fc.assert(
    fc.asyncProperty(actions, loss, actions, async (before, how, after) => {
      const model = await run([...before, how, ...after]);
      expect(model.lost).toBe(true);
      expect(model.violations()).toEqual([]);
      expect([model.pair.client.connectionCount, model.pair.server.connectionCount]).toEqual([0, 0]);
    }),
    effort(60, 0.2),
  );
}, 86_400_000);
