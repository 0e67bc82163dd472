import type { Scenario } from '../scenario.js';
import { access } from './access.js';
import { admissions } from './admission.js';
import { customs } from './custom.js';
import { encodingsAndRoutes } from './encodings.js';
import { kinds } from './kinds/index.js';
import { lifecycles } from './lifecycles.js';
import { patches } from './patches.js';
import { reads } from './reads.js';
import { writes } from './writes.js';

/** Everything that is compared, in the order it is played against kube-apiserver. */
export const scenarios: readonly Scenario[] = [
  ...access,
  ...encodingsAndRoutes,
  ...kinds,
  ...writes,
  ...patches,
  ...reads,
  ...lifecycles,
  ...customs,
  ...admissions,
];
