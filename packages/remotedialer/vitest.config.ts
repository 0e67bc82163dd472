import { mergeConfig } from 'vitest/config';
import shared from '../../vitest.shared.ts';

/** The outside tests talk to the unmodified Go library, built from tools/interop once before them. */
export default mergeConfig(
  shared,
  process.env['OUTSIDE'] === undefined ? {} : { test: { globalSetup: ['test/outside/build-peers.ts'] } },
);
