import type { ClusterChoice } from '@scale-cluster/cluster-sim';
import { Type } from 'typebox';

/** What may be chosen for new clusters. The fleet refuses what it doesn't know, naming what there is. */
export const choiceProperties = {
  backend: Type.Optional(
    Type.String({
      description: 'Where the Kubernetes API lives: see /api/v1/backends. By default the setting Backend.',
    }),
  ),
  template: Type.Optional(
    Type.String({
      description: 'What the cluster begins with: see /api/v1/templates. By default `default`.',
    }),
  ),
};

/** The choice that a request's body holds among other things. */
export function choiceOf({ backend, template }: ClusterChoice): ClusterChoice {
  return {
    ...(backend === undefined ? {} : { backend }),
    ...(template === undefined ? {} : { template }),
  };
}
