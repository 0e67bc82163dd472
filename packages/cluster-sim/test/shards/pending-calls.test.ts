import { expect, it } from 'vitest';
import { FleetError, ShardLostError } from '../../src/errors.js';
import { PendingCalls } from '../../src/shards/pending-calls.js';

it('each answer goes to its own call, whatever their order, and only once', async () => {
  const calls = new PendingCalls();
  const ids: number[] = [];
  const [one, two] = [calls.add((id) => ids.push(id)), calls.add((id) => ids.push(id))];
  calls.answered(ids[1] ?? -1, 'second');
  calls.answered(ids[1] ?? -1, 'again');
  calls.answered(ids[0] ?? -1, 'first');
  calls.answered(99, 'nobody asked');
  expect(await Promise.all([one, two])).toEqual(['first', 'second']);
});

it('errors of this package arrive with code and status, others with what they say', async () => {
  const calls = new PendingCalls();
  const failing = (failure: Parameters<PendingCalls['failed']>[1]): Promise<unknown> => {
    let call = -1;
    const promise = calls.add((id) => (call = id));
    calls.failed(call, failure);
    return promise.catch((error: unknown) => error);
  };
  expect(await failing({ message: 'no such template', code: 'ERR_X', status: 404 })).toEqual(
    new FleetError('ERR_X', 'no such template', 404),
  );
  const other = await failing({ message: 'disk full', code: undefined, status: undefined });
  expect(other).toEqual(new Error('disk full'));
  expect(other).not.toBeInstanceOf(FleetError);
});

it('all fail when the thread ends, and none that is made later', async () => {
  const calls = new PendingCalls();
  const lost = calls.add(() => undefined);
  calls.rejectAll(new ShardLostError(0));
  await expect(lost).rejects.toThrow(ShardLostError);
  let id = -1;
  const later = calls.add((number) => (id = number));
  calls.answered(id, 'fine');
  expect(await later).toBe('fine');
});
