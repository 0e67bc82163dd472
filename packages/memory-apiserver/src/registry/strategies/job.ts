import type { KubeObject } from '../../object.js';
import type { Strategy } from '../strategy.js';

interface JobSpec {
  manualSelector?: boolean;
  selector?: { matchLabels?: Record<string, string> };
  template?: { metadata?: { labels?: Record<string, string> } };
}

/** A Job selects its pods by its own UID unless the client wants to: `generateSelector` in `pkg/registry/batch/job`. */
function generateSelector(job: KubeObject): void {
  const spec = (job.spec ?? {}) as JobSpec;
  if (spec.manualSelector === true) return;
  const { uid = '', name } = job.metadata;
  const template = (spec.template ??= {});
  template.metadata = {
    ...template.metadata,
    labels: {
      ...template.metadata?.labels,
      'batch.kubernetes.io/controller-uid': uid,
      'batch.kubernetes.io/job-name': name,
      'controller-uid': uid,
      'job-name': name,
    },
  };
  spec.selector = {
    ...spec.selector,
    matchLabels: { ...spec.selector?.matchLabels, 'batch.kubernetes.io/controller-uid': uid },
  };
}

/** A Job without labels shows its template's, the generated ones included: `SetDefaults_Job`. */
function inheritLabels({ metadata, spec }: KubeObject): void {
  const { template } = (spec ?? {}) as JobSpec;
  if (Object.keys(metadata.labels ?? {}).length > 0 || template?.metadata?.labels === undefined) return;
  metadata.labels = { ...template.metadata.labels };
}

export const jobStrategy: Strategy = {
  initialStatus: {},
  generation: true,
  returnsDeleted: true,
  orphansByDefault: 'with-warning',
  immutable: ['spec.selector', 'spec.completionMode', 'spec.template', 'spec.podFailurePolicy'],
  prepareForCreate(job) {
    generateSelector(job);
    inheritLabels(job);
  },
  prepareForUpdate(job, old) {
    // Labels that were generated are easily forgotten by a PUT of the original manifest.
    const before = (old.spec ?? {}) as JobSpec;
    const now = (job.spec ?? {}) as JobSpec;
    if (before.selector !== undefined) now.selector ??= before.selector;
    inheritLabels(job);
  },
};
