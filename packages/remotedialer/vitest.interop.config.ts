import { defineConfig } from 'vitest/config';
import shared from '../../vitest.shared.ts';

/** Tests against the unmodified Go library (tools/interop). Apart from the unit tests, since they need Go. */
export default defineConfig({
  ...shared,
  test: {
    include: ['test/interop/*.interop.ts'],
    globalSetup: ['test/interop/build-peers.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
