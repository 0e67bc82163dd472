/**
 * Writes Kubernetes' protobuf bodies for the few kinds that Rancher sends in this form: since client-go 0.32 its
 * typed client prefers protobuf, and what it writes through it must be understood by a cluster.
 *
 * Plain proto2: fields in the order of their numbers; non-pointer scalars are written even when empty, as
 * Kubernetes' generated code does. Field numbers: k8s.io/api `generated.proto`.
 */
export const protobufContentType = 'application/vnd.kubernetes.protobuf';

/** `!`: written even when absent. `[]`: repeated. Otherwise optional. */
type ScalarType =
  'string' | 'string!' | 'string[]' | 'int' | 'int!' | 'bool' | 'bool!' | 'map' | 'bytesMap' | 'time!';
type Field = readonly [
  number: number,
  name: string,
  type: ScalarType | { message: Message; repeated?: boolean; always?: boolean },
];
type Message = readonly Field[];

const ownerReference: Message = [
  [1, 'kind', 'string!'],
  [3, 'name', 'string!'],
  [4, 'uid', 'string!'],
  [5, 'apiVersion', 'string!'],
  [6, 'controller', 'bool'],
  [7, 'blockOwnerDeletion', 'bool'],
];
const objectMeta: Message = [
  [1, 'name', 'string!'],
  [2, 'generateName', 'string!'],
  [3, 'namespace', 'string!'],
  [4, 'selfLink', 'string!'],
  [5, 'uid', 'string!'],
  [6, 'resourceVersion', 'string!'],
  [7, 'generation', 'int!'],
  [8, 'creationTimestamp', 'time!'],
  [11, 'labels', 'map'],
  [12, 'annotations', 'map'],
  [13, 'ownerReferences', { message: ownerReference, repeated: true }],
  [14, 'finalizers', 'string[]'],
];
const metadata: Field = [1, 'metadata', { message: objectMeta, always: true }];
const objectReference: Message = [
  [1, 'kind', 'string!'],
  [2, 'namespace', 'string!'],
  [3, 'name', 'string!'],
  [4, 'uid', 'string!'],
  [5, 'apiVersion', 'string!'],
  [6, 'resourceVersion', 'string!'],
  [7, 'fieldPath', 'string!'],
];
const policyRule: Message = [
  [1, 'verbs', 'string[]'],
  [2, 'apiGroups', 'string[]'],
  [3, 'resources', 'string[]'],
  [4, 'resourceNames', 'string[]'],
  [5, 'nonResourceURLs', 'string[]'],
];
const subject: Message = [
  [1, 'kind', 'string!'],
  [2, 'apiGroup', 'string!'],
  [3, 'name', 'string!'],
  [4, 'namespace', 'string!'],
];
const roleRef: Message = [
  [1, 'apiGroup', 'string!'],
  [2, 'kind', 'string!'],
  [3, 'name', 'string!'],
];
const container: Message = [
  [1, 'name', 'string!'],
  [2, 'image', 'string!'],
  [5, 'workingDir', 'string!'],
  [
    7,
    'env',
    {
      message: [
        [1, 'name', 'string!'],
        [2, 'value', 'string!'],
      ],
      repeated: true,
    },
  ],
  [8, 'resources', { message: [], always: true }],
  [13, 'terminationMessagePath', 'string!'],
  [14, 'imagePullPolicy', 'string!'],
  [
    15,
    'securityContext',
    {
      message: [
        [4, 'runAsUser', 'int'],
        [8, 'runAsGroup', 'int'],
      ],
    },
  ],
  [16, 'stdin', 'bool!'],
  [17, 'stdinOnce', 'bool!'],
  [18, 'tty', 'bool!'],
  [20, 'terminationMessagePolicy', 'string!'],
];
const podSpec: Message = [
  [2, 'containers', { message: container, repeated: true }],
  [3, 'restartPolicy', 'string!'],
  [6, 'dnsPolicy', 'string!'],
  [8, 'serviceAccountName', 'string!'],
  [9, 'serviceAccount', 'string!'],
  [10, 'nodeName', 'string!'],
  [11, 'hostNetwork', 'bool!'],
  [12, 'hostPID', 'bool!'],
  [13, 'hostIPC', 'bool!'],
  [16, 'hostname', 'string!'],
  [17, 'subdomain', 'string!'],
  [19, 'schedulerName', 'string!'],
  [24, 'priorityClassName', 'string!'],
];
const podTemplate: Message = [metadata, [2, 'spec', { message: podSpec, always: true }]];

const kinds: Record<string, Message> = {
  'v1/Namespace': [
    metadata,
    [2, 'spec', { message: [[1, 'finalizers', 'string[]']], always: true }],
    [3, 'status', { message: [[1, 'phase', 'string!']], always: true }],
  ],
  'v1/Secret': [metadata, [2, 'data', 'bytesMap'], [3, 'type', 'string!'], [5, 'immutable', 'bool']],
  'v1/ServiceAccount': [
    metadata,
    [2, 'secrets', { message: objectReference, repeated: true }],
    [3, 'imagePullSecrets', { message: [[1, 'name', 'string!']], repeated: true }],
    [4, 'automountServiceAccountToken', 'bool'],
  ],
  'v1/DeleteOptions': [
    [1, 'gracePeriodSeconds', 'int'],
    [
      2,
      'preconditions',
      {
        message: [
          [1, 'uid', 'string'],
          [2, 'resourceVersion', 'string'],
        ],
      },
    ],
    [3, 'orphanDependents', 'bool'],
    [4, 'propagationPolicy', 'string'],
    [5, 'dryRun', 'string[]'],
  ],
  'rbac.authorization.k8s.io/v1/ClusterRole': [
    metadata,
    [2, 'rules', { message: policyRule, repeated: true }],
  ],
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': [
    metadata,
    [2, 'subjects', { message: subject, repeated: true }],
    [3, 'roleRef', { message: roleRef, always: true }],
  ],
  'batch/v1/Job': [
    metadata,
    [
      2,
      'spec',
      {
        message: [
          [6, 'template', { message: podTemplate, always: true }],
          [7, 'backoffLimit', 'int'],
        ],
        always: true,
      },
    ],
    [
      3,
      'status',
      {
        message: [
          [4, 'active', 'int!'],
          [5, 'succeeded', 'int!'],
          [6, 'failed', 'int!'],
          [7, 'completedIndexes', 'string!'],
        ],
        always: true,
      },
    ],
  ],
};

const unknownType: Message = [
  [1, 'apiVersion', 'string!'],
  [2, 'kind', 'string!'],
];

/** Something with apiVersion and kind; DeleteOptions have no metadata. */
export interface ProtobufObject {
  apiVersion: string;
  kind: string;
  [field: string]: unknown;
}

/** Encodes an object in the envelope of Kubernetes. Throws for kinds that are not in the table above. */
export function encodeProtobuf(object: ProtobufObject): Buffer {
  const message = kinds[`${object.apiVersion}/${object.kind}`];
  if (!message) throw new TypeError(`no protobuf table for ${object.apiVersion} ${object.kind}`);
  const body = encodeMessage(message, object);
  return Buffer.concat([
    Buffer.from('k8s\0'),
    lengthDelimited(1, encodeMessage(unknownType, object)),
    lengthDelimited(2, body),
    lengthDelimited(3, Buffer.alloc(0)), // contentEncoding
    lengthDelimited(4, Buffer.alloc(0)), // contentType
  ]);
}

function encodeMessage(message: Message, value: Record<string, unknown>): Buffer {
  return Buffer.concat(message.map((field) => encodeField(field, value[field[1]])));
}

function encodeField([number, , type]: Field, value: unknown): Buffer {
  if (typeof type === 'object') {
    const values = type.repeated
      ? ((value ?? []) as unknown[])
      : value === undefined && !type.always
        ? []
        : [value ?? {}];
    return Buffer.concat(
      values.map((entry) =>
        lengthDelimited(number, encodeMessage(type.message, (entry ?? {}) as Record<string, unknown>)),
      ),
    );
  }
  switch (type) {
    case 'string':
      return value === undefined ? Buffer.alloc(0) : text(number, value as string);
    case 'string!':
      return text(number, (value as string | undefined) ?? '');
    case 'string[]':
      return Buffer.concat(((value ?? []) as string[]).map((entry) => text(number, entry)));
    case 'int':
    case 'bool':
      return value === undefined ? Buffer.alloc(0) : scalar(number, Number(value));
    case 'int!':
    case 'bool!':
      return scalar(number, Number(value ?? 0));
    case 'time!': {
      if (value === undefined) return lengthDelimited(number, Buffer.alloc(0));
      const seconds = Math.floor(Date.parse(value as string) / 1000);
      return lengthDelimited(number, Buffer.concat([scalar(1, seconds), scalar(2, 0)]));
    }
    case 'map':
    case 'bytesMap': {
      const entries = Object.entries((value ?? {}) as Record<string, string>).sort(([a], [b]) =>
        a < b ? -1 : 1,
      );
      return Buffer.concat(
        entries.map(([key, entry]) => {
          const bytes = Buffer.from(entry, type === 'map' ? 'utf8' : 'base64');
          return lengthDelimited(number, Buffer.concat([text(1, key), lengthDelimited(2, bytes)]));
        }),
      );
    }
  }
}

function text(number: number, value: string): Buffer {
  return lengthDelimited(number, Buffer.from(value, 'utf8'));
}

function lengthDelimited(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

function scalar(number: number, value: number): Buffer {
  return Buffer.concat([varint(number << 3), varint(value)]);
}

/** Only for numbers of 0 and above: nothing else is sent here. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
