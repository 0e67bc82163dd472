import { readFileSync, writeFileSync, rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, test, vi } from 'vitest';

test('the example of the README runs and prints what it says', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  const expected = /console\.log\(.*\); \/\/ (.*)/.exec(code)?.[1];
  const file = new URL('./readme-example.generated.ts', import.meta.url);
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    writeFileSync(file, code.replace('@scale-cluster/remotedialer', '../src/index.js'));
    await import(/* @vite-ignore */ pathToFileURL(file.pathname).href);
    expect(expected).toBe('hello from /inside');
    expect(log.mock.calls[0]?.[0]).toBe(expected);
  } finally {
    log.mockRestore();
    rmSync(file);
  }
});
