import { parentPort, workerData } from 'node:worker_threads';
import type { ShardBoot } from './messages.js';
import { serveShard } from './serve-shard.js';

// The file that a shard's thread begins with: see WorkerShard.
if (parentPort === null) throw new Error('this file is run as a worker thread');
await serveShard(workerData as ShardBoot, parentPort);
