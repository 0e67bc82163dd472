import { defineConfig, mergeConfig } from 'vitest/config';
import shared from '../../vitest.shared.ts';

/** Tests here start whole programs from their sources, which takes seconds on a busy machine. */
export default mergeConfig(shared, defineConfig({ test: { testTimeout: 60_000 } }));
