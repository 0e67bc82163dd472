import { defineConfig } from 'vitest/config';

/**
 * `npm test` runs `test/**` but `test/outside`; `npm run test:outside` runs only that folder: the tests that
 * hold us against programs nobody here wrote (Go remotedialer, client-go, kubectl).
 */
const outside = process.env['OUTSIDE'] !== undefined;

/** What every workspace's vitest.config.ts exports: siblings resolve to their `src` by the custom condition. */
export default defineConfig({
  resolve: { conditions: ['@scale-cluster/source', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['@scale-cluster/source', 'node', 'import', 'default'] } },
  test: {
    include: [outside ? 'test/outside/**/*.test.ts' : 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', ...(outside ? [] : ['test/outside/**'])],
    passWithNoTests: outside,
    testTimeout: outside ? 180_000 : 20_000,
    hookTimeout: outside ? 600_000 : 30_000,
    // A poll ends with what it waits for; Vitest's own second is no bound for a machine that builds Go beside the tests.
    expect: { poll: { timeout: outside ? 60_000 : 15_000 } },
  },
});
