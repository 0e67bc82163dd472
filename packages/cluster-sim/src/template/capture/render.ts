import { Document } from 'yaml';
import type { KubeObject } from '@scale-cluster/memory-apiserver';

/** What others refer to comes first. */
const first = [
  'Namespace',
  'CustomResourceDefinition',
  'PriorityClass',
  'StorageClass',
  'Node',
  'ServiceAccount',
];
const rank = ({ kind }: KubeObject): number => (first.includes(kind) ? first.indexOf(kind) : first.length);

/** Objects as a template file: one YAML document each. */
export function renderTemplate(objects: readonly KubeObject[]): string {
  const documents = [...objects]
    .sort((a, b) => rank(a) - rank(b))
    // Repeated values are written out: who reads the file has nothing to look up.
    .map((object) => new Document(object, { aliasDuplicateObjects: false }).toString({ lineWidth: 0 }));
  return `${header}---\n${documents.join('---\n')}`;
}

const header = `# A captured cluster, as a template for simulated ones: {{cluster-name}} becomes the name of each.
# Secrets and the names of people and hosts were replaced as far as they can be told by their form and place:
# look through it before you give it away.
`;
