import { backendKinds, isBackendKind, maxNameLengths, type BackendKind } from '../backend/backend-kinds.js';
import { UnknownBackendError } from '../errors.js';
import { defaultTemplateName, type TemplateSet } from '../template/template-set.js';

/** What may be chosen for each new cluster. */
export interface ClusterChoice {
  /** Where its Kubernetes API lives. @default the setting `Backend` */
  backend?: string;
  /** Name of what it begins with. @default 'default', which is `config/cluster.yaml` */
  template?: string;
}

/** A choice that can be carried out. */
export interface ResolvedChoice {
  backend: BackendKind;
  /** Absent for the default one, so that records say only what differs. */
  template?: string;
  /** The longest name that the cluster may have, and why it is less than Rancher's limit. */
  nameLimit: { length: number; why: string };
}

/** Throws UnknownBackendError, UnknownTemplateError, and TemplateError when the template can't be used. */
export function resolveChoice(
  { backend: kind, template: name }: ClusterChoice,
  defaultBackend: BackendKind,
  templates: TemplateSet,
): ResolvedChoice {
  const backend = kind ?? defaultBackend;
  if (!isBackendKind(backend)) throw new UnknownBackendError(backend, backendKinds);
  const byTemplate = templates.get(name).maxNameLength;
  const byBackend = maxNameLengths[backend];
  return {
    backend,
    ...(name === undefined || name === defaultTemplateName ? {} : { template: name }),
    nameLimit:
      byBackend < byTemplate
        ? { length: byBackend, why: ` with backend ${backend}, whose namespaces contain it` }
        : { length: byTemplate, why: ' with this template, whose node names contain it' },
  };
}
