import { ApiServer, type KubeObject } from '@scale-cluster/memory-apiserver';
import { errorText, TemplateError } from '../errors.js';
import type { Template } from './load.js';

/** What a cluster with the template has in it. */
export interface TemplateTrial {
  /** Objects by `plural[.group]`, kinds without any left out. */
  readonly counts: ReadonlyMap<string, number>;
  /** Pods by phase. */
  readonly podPhases: ReadonlyMap<string, number>;
}

/**
 * Makes a cluster in memory with the template, looks at it, and throws it away. Throws {@link TemplateError} if an
 * object of the template is refused, which reading it doesn't find out.
 *
 * @param file for the error's message
 */
export function tryTemplate(template: Template, file = 'the template'): TemplateTrial {
  const server = new ApiServer({ version: template.version });
  try {
    const base = server.createBase(template.objects);
    const { api, catalog } = server.createCluster({ name: 'trial', uid: 'trial', base });
    const storages = new Set(catalog.all().map(({ storage }) => storage));
    const counts = [...storages].map((storage) => [storage, api.count(storage)] as const);
    const podPhases = new Map<string, number>();
    for (const pod of api.list('pods')) {
      const phase = (pod['status'] as { phase?: string } | undefined)?.phase ?? 'Pending';
      podPhases.set(phase, (podPhases.get(phase) ?? 0) + 1);
    }
    return { counts: new Map(counts.filter(([, count]) => count > 0)), podPhases };
  } catch (error) {
    throw new TemplateError(file, 0, '', errorText(error), { cause: error });
  } finally {
    void server.close();
  }
}

/** Those of the objects that an API server refuses, with its reasons. */
export function refusedObjects(objects: readonly KubeObject[]): Map<KubeObject, string> {
  // Without controllers nothing happens beside the writing, so that each object is judged by itself.
  const server = new ApiServer({ controllers: [] });
  const refused = new Map<KubeObject, string>();
  const { api } = server.createCluster({ name: 'trial', uid: 'trial' });
  const order = ['Namespace', 'CustomResourceDefinition', 'PriorityClass', 'RuntimeClass'];
  const rank = ({ kind }: KubeObject): number => (order.includes(kind) ? order.indexOf(kind) : order.length);
  for (const object of [...objects].sort((a, b) => rank(a) - rank(b))) {
    const concrete = JSON.parse(JSON.stringify(object).replaceAll('{{cluster-name}}', 'trial')) as KubeObject;
    try {
      api.create(concrete);
    } catch (error) {
      // Every cluster has some from the start; a template may say how they are.
      if ((error as { reason?: string }).reason !== 'AlreadyExists') refused.set(object, errorText(error));
    }
  }
  void server.close();
  return refused;
}
