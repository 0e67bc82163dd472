import { yaml } from '../yaml.js';
/** How a body is written. */
export type Encoding = 'json' | 'yaml' | 'protobuf';

export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** Media types of objects, in the order in which kube-apiserver offers them. */
export const MEDIA_TYPES: readonly (readonly [type: string, encoding: Encoding])[] = [
  ['application/json', 'json'],
  ['application/yaml', 'yaml'],
  [PROTOBUF, 'protobuf'],
];

/**
 * A value as YAML, like Go's writer: sorted keys, lists not indented, long lines not folded. Go's readers are of YAML
 * 1.1, to which `yes`, `010` and `1:30` aren't strings: such are quoted.
 */
export const toYaml = (value: unknown): string =>
  yaml().stringify(value, {
    version: '1.1',
    lineWidth: 0,
    aliasDuplicateObjects: false,
    sortMapEntries: true,
    indentSeq: false,
  });
