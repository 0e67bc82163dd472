import { defineConfig } from 'tsup';
import { library } from '../../tsup.shared.ts';

/** Cleaned first, so that a package never ships chunks of an earlier build. */
export default defineConfig({
  ...library,
  clean: true,
  entry: { index: 'src/index.ts', 'cli/main': 'src/cli/main.ts' },
  // The bin's first answer waits for Node.js to compile all of it; names and line breaks stay, for stack traces.
  minifySyntax: true,
});
