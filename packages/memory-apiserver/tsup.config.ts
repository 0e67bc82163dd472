import { defineConfig } from 'tsup';
import { library } from '../../tsup.shared.ts';

/** Cleaned first, so that a package never ships chunks of an earlier build. */
export default defineConfig({
  ...library,
  clean: true,
  entry: { index: 'src/index.ts', 'cli/main': 'src/cli/main.ts' },
});
