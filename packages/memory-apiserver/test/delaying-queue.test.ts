import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DelayingQueue } from '../src/delaying-queue.js';

describe('DelayingQueue', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('hands out items in the order of their due times, not before', () => {
    const due: string[] = [];
    const queue = new DelayingQueue<string>({ onDue: (item) => due.push(item) });
    queue.add('b', 'b', 200);
    queue.add('a', 'a', 100);
    vi.advanceTimersByTime(99);
    expect(due).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(due).toEqual(['a']);
    vi.advanceTimersByTime(100);
    expect(due).toEqual(['a', 'b']);
    expect(queue.size).toBe(0);
  });

  it('keeps the sooner time when a key is added twice', () => {
    const due: number[] = [];
    const queue = new DelayingQueue<number>({ onDue: (item) => due.push(item) });
    queue.add('k', 1, 100);
    queue.add('k', 2, 500);
    queue.add('l', 3, 500);
    queue.add('l', 4, 50);
    vi.advanceTimersByTime(1000);
    expect(due).toEqual([4, 1]);
  });

  it('uses one timer for all items, and none when empty or closed', () => {
    const queue = new DelayingQueue<number>({ onDue: () => undefined });
    for (let i = 0; i < 1000; i += 1) queue.add(`k${i}`, i, 10 + i);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(5000);
    expect(vi.getTimerCount()).toBe(0);
    queue.add('x', 1, 5);
    queue.close();
    queue.add('y', 1, 5);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets a handler add its own key again', () => {
    let count = 0;
    const queue = new DelayingQueue<string>({
      onDue: (item) => {
        count += 1;
        if (count < 3) queue.add(item, item, 10);
      },
    });
    queue.add('k', 'k', 10);
    vi.advanceTimersByTime(30);
    expect(count).toBe(3);
  });

  it('goes on with the other items after a handler has thrown', () => {
    const due: string[] = [];
    const queue = new DelayingQueue<string>({
      onDue: (item) => {
        if (item === 'bad') throw new Error('bad item');
        due.push(item);
      },
    });
    queue.add('bad', 'bad', 10);
    queue.add('good', 'good', 10);
    expect(() => vi.advanceTimersByTime(10)).toThrow('bad item');
    vi.advanceTimersByTime(1);
    expect(due).toEqual(['good']);
  });

  it('agrees with a sorted list for any adds and removes', () => {
    const step = fc.record({ key: fc.nat(15), delay: fc.nat(50), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const due: string[] = [];
        const queue = new DelayingQueue<string>({ onDue: (item) => due.push(item) });
        const model = new Map<string, number>();
        for (const { key, delay, remove } of steps) {
          if (remove) {
            queue.remove(`${key}`);
            model.delete(`${key}`);
          } else {
            queue.add(`${key}`, `${key}`, delay);
            model.set(`${key}`, Math.min(delay, model.get(`${key}`) ?? Infinity));
          }
        }
        vi.advanceTimersByTime(100);
        const times = due.map((key) => model.get(key) ?? NaN);
        expect(times).toEqual([...model.values()].sort((a, b) => a - b));
        expect(new Set(due).size).toBe(model.size);
      }),
    );
  });
});
