import { defineConfig } from 'vitest/config';

/** One run for all workspaces; siblings resolve to their sources, so tests need no build. */
export default defineConfig({
  test: { projects: ['packages/*', 'apps/*'] },
});
