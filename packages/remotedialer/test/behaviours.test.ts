import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

/** The numbers at the beginning of the names of tests, such as `25, 26: ...`. */
function numbersInTestNames(): Set<number> {
  const files = readdirSync(new URL('.', import.meta.url)).filter((name) => name.endsWith('.test.ts'));
  const names = files.flatMap((file) => [...read(file).matchAll(/\(\s*['"`](\d+(?:, \d+)*): /g)]);
  return new Set(names.flatMap(([, numbers = '']) => numbers.split(', ').map(Number)));
}

test('docs/protocol.md lists 31 behaviours, and each has a test named after its number', () => {
  const listed = [...read('../docs/protocol.md').matchAll(/^\| (\d+) +\|/gm)].map(([, number]) =>
    Number(number),
  );
  expect(listed).toEqual(Array.from({ length: 31 }, (_, index) => index + 1));
  const tested = numbersInTestNames();
  expect(listed.filter((number) => !tested.has(number))).toEqual([]);
});
