import type { Scenario } from '../../scenario.js';
import { admission } from './admission.js';
import { cluster } from './cluster.js';
import { core } from './core.js';
import { devices } from './devices.js';
import { networking } from './networking.js';
import { pods } from './pods.js';
import { rbac } from './rbac.js';
import { storage } from './storage.js';
import { workloads } from './workloads.js';

/** 51 kinds. */
export const kinds: readonly Scenario[] = [
  core,
  pods,
  workloads,
  networking,
  rbac,
  storage,
  cluster,
  admission,
  devices,
];
