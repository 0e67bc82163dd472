import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, test, vi } from 'vitest';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);

test.each(examples.map((code, index) => [index + 1, code] as const))(
  'example %i of the README runs and prints what it says',
  async (number, code) => {
    const expected = /console\.log\(.*\); \/\/ (.*)/.exec(code)?.[1];
    const file = new URL(`./readme-example-${number}.generated.ts`, import.meta.url);
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    try {
      writeFileSync(file, code.replace('@scale-cluster/remotedialer', '../src/index.js'));
      await import(/* @vite-ignore */ pathToFileURL(file.pathname).href);
      expect(expected).toBeDefined();
      expect(log.mock.calls).toEqual([[expected]]);
    } finally {
      log.mockRestore();
      rmSync(file);
    }
  },
);

test('there are two examples', () => {
  expect(examples).toHaveLength(2);
});
