import { defineConfig } from 'vitest/config';

/** What every workspace's vitest.config.ts exports: siblings resolve to their `src` by the custom condition. */
export default defineConfig({
  resolve: { conditions: ['@scale-cluster/source', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['@scale-cluster/source', 'node', 'import', 'default'] } },
  test: { include: ['test/**/*.test.ts'], testTimeout: 20_000, hookTimeout: 30_000 },
});
