import type { Options } from 'tsup';

/** How every library is built: one ESM file per entry; declarations come from `tsc -p tsconfig.build.json`. */
export const library: Options = {
  format: ['esm'],
  target: 'node20',
  platform: 'node',
  sourcemap: true,
  clean: false,
  dts: false,
  splitting: true,
};

/**
 * How an application is built: the workspace's own packages are bundled from their sources (so one build is
 * enough), everything from npm stays a plain dependency.
 */
export const application: Options = {
  ...library,
  splitting: true,
  noExternal: [/^@scale-cluster\//],
  esbuildOptions(options) {
    options.conditions = ['@scale-cluster/source', 'node', 'import', 'default'];
  },
};
