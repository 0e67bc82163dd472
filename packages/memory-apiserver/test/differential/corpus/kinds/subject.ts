import type { Scenario } from '../../scenario.js';
import { inNamespace } from '../../scenario.js';
import type { Subject } from '../lifecycle.js';
import { lifecycle } from '../lifecycle.js';

/** What is said of a kind besides where it is served. */
type Rest = Omit<Subject, 'collection' | 'apiVersion' | 'kind' | 'object'> & {
  readonly name: string;
  readonly object: Readonly<Record<string, unknown>>;
};

/** A subject by its group and version; namespaced unless the namespace is empty. */
export function subject(
  namespace: string,
  apiVersion: string,
  kind: string,
  plural: string,
  { name, object, ...rest }: Rest,
): Subject {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const where = namespace === '' ? '' : `/namespaces/${namespace}`;
  return {
    collection: `${root}${where}/${plural}`,
    apiVersion,
    kind,
    object: { metadata: { name }, ...object },
    ...rest,
  };
}

/** The life of an object of each kind, in a namespace of the scenario's own name. */
export const scenario = (name: string, subjects: (namespace: string) => readonly Subject[]): Scenario =>
  inNamespace(name, (namespace) => subjects(namespace).flatMap(lifecycle));

/** A pod template of one container. */
export const pod = (app: string, image = 'nginx:1.27'): object => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: 'main', image }] },
});
export const selector = (app: string): object => ({ matchLabels: { app } });
/** The part of a workload that says which image its only container has. */
export const applyImage = (image: string): Record<string, unknown> => ({
  spec: { template: { spec: { containers: [{ name: 'main', image }] } } },
});
