import { defineConfig } from 'tsup';
import { application } from '../../tsup.shared.ts';

export default defineConfig({
  ...application,
  // Also what the bundled packages of the workspace depend on.
  skipNodeModulesBundle: true,
  // Names of chunks change with their content; old ones would pile up.
  clean: true,
  entry: {
    main: 'src/main.ts',
    // What the threads of shards begin with: found beside the code that starts them.
    'shard-thread': '../../packages/cluster-sim/src/shards/shard-thread.ts',
  },
});
