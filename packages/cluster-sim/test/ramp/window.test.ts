import { expect, it } from 'vitest';
import { Window } from '../../src/ramp/window.js';

it('begins at its largest size and never leaves 1 to that', () => {
  const window = new Window({ most: 8 });
  window.grow();
  expect(window.size).toBe(8);
  for (let at = 0; at < 10; at++) window.cut(at * 10_000);
  expect(window.size).toBe(1);
});

it('halves after trouble, once for what fails together', () => {
  const window = new Window({ most: 8, calmMs: 2_000 });
  expect([window.cut(0), window.cut(1_999), window.size]).toEqual([true, false, 4]);
  expect([window.cut(2_000), window.size]).toEqual([true, 2]);
});

it('grows by about one after each full window that went well', () => {
  const window = new Window({ most: 8 });
  window.cut(0);
  const sizes = Array.from({ length: 4 }, () => {
    for (let answers = Math.ceil(window.size) + 1; answers > 0; answers--) window.grow();
    return window.size;
  });
  expect(sizes).toEqual([5, 6, 7, 8]);
});
