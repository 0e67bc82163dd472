import { defineConfig } from 'tsup';
import { library } from '../../tsup.shared.ts';

export default defineConfig([
  {
    ...library,
    // So that a package never ships chunks of an earlier build.
    clean: true,
    entry: { index: 'src/index.ts', 'cli/compiled-code': 'src/cli/compiled-code.ts' },
  },
  {
    ...library,
    // One CommonJS file: what V8 has compiled of it can be kept (src/cli/compiled-code.ts).
    format: ['cjs'],
    shims: true,
    splitting: false,
    entry: { 'cli/main': 'src/cli/main.ts' },
    // A first start waits for V8 to read all of it; names and line breaks stay, for stack traces.
    minifySyntax: true,
  },
]);
