import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WorkQueue, type WorkQueueOptions } from '../../../src/backend/kwok-shared/work-queue.js';

function queueOf(options: Partial<WorkQueueOptions> & Pick<WorkQueueOptions, 'work'>): WorkQueue {
  const queue = new WorkQueue({
    now: () => Date.now(),
    random: () => 0.5,
    onError: () => undefined,
    ...options,
  });
  onTestFinished(() => queue.close());
  return queue;
}

/** Work that goes on until it is told to end. */
function heldWork() {
  const ends = new Map<string, () => void>();
  const begun: string[] = [];
  const work = (key: string): Promise<void> => {
    begun.push(key);
    return new Promise((resolve) => ends.set(key, resolve));
  };
  const end = async (key: string): Promise<void> => {
    ends.get(key)?.();
    await new Promise(setImmediate);
  };
  return { work, end, begun };
}

describe('the work queue', () => {
  it('gathers keys while it is paused, equal ones once', async () => {
    const { work, begun } = heldWork();
    const queue = queueOf({ work });
    for (const key of ['a', 'b', 'a']) queue.add(key);
    expect([queue.size, begun]).toEqual([2, []]);
    queue.resume();
    expect(begun).toEqual(['a', 'b']);
  });

  it('works on no more keys at a time than it may', async () => {
    const { work, end, begun } = heldWork();
    const queue = queueOf({ work, concurrency: 2 });
    queue.resume();
    for (const key of ['a', 'b', 'c']) queue.add(key);
    expect(begun).toEqual(['a', 'b']);
    await end('a');
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('works on a key again that came while it was worked on, never twice at a time', async () => {
    const { work, end, begun } = heldWork();
    const queue = queueOf({ work });
    queue.resume();
    queue.add('a');
    queue.add('a');
    queue.add('a');
    expect(begun).toEqual(['a']);
    await end('a');
    expect(begun).toEqual(['a', 'a']);
    await end('a');
    expect([queue.size, begun]).toEqual([0, ['a', 'a']]);
  });

  it('begins nothing after it was paused, and all that waits when it is resumed', async () => {
    const { work, end, begun } = heldWork();
    const queue = queueOf({ work, concurrency: 1 });
    queue.resume();
    queue.add('a');
    queue.add('b');
    queue.pause();
    await end('a');
    expect(begun).toEqual(['a']);
    queue.resume();
    expect(begun).toEqual(['a', 'b']);
  });

  it('tries a key again that failed, later each time', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const start = Date.now();
    const tries: number[] = [];
    const attempts: number[] = [];
    const queue = queueOf({
      work: () => {
        tries.push(Date.now() - start);
        return tries.length < 4 ? Promise.reject(new Error('not yet')) : Promise.resolve();
      },
      onError: (_key, _error, attempt) => attempts.push(attempt),
    });
    queue.resume();
    queue.add('a');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(attempts).toEqual([1, 2, 3]);
    const pauses = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
    expect(pauses[0]).toBeGreaterThanOrEqual(100);
  });
});
