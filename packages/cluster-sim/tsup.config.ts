import { defineConfig } from 'tsup';
import { library } from '../../tsup.shared.ts';

export default defineConfig({
  ...library,
  // The second is what the threads of shards begin with: found beside the code that starts them.
  entry: { index: 'src/index.ts', 'shard-thread': 'src/shards/shard-thread.ts' },
});
