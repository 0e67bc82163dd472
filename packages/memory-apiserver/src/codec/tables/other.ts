import type { KubeObject } from '../../object.js';
import { at, listAt, numberAt, recordAt, textAt } from '../../schema/read.js';
import { humanDuration } from '../time.js';
import { ingressAddresses } from './core.js';
import {
  age,
  columns,
  conditionOf,
  formatSelector,
  isTerminating,
  named,
  none,
  orNone,
  orUnset,
  unset,
  type Cell,
  type Printer,
} from './printer.js';

const isTrue = (value: unknown, fallback = false): boolean => (typeof value === 'boolean' ? value : fallback);

const accessModes: Record<string, string> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

/** Short names of access modes in upstream's fixed order. */
function accessModeText(modes: readonly unknown[]): string {
  return Object.entries(accessModes)
    .filter(([mode]) => modes.includes(mode))
    .map(([, short]) => short)
    .join(',');
}

const persistentVolumes: Printer = {
  columns: columns(
    'Name/name Capacity Access_Modes Reclaim_Policy Status Claim StorageClass VolumeAttributesClass Reason Age VolumeMode*',
  ),
  cells: (volume, now) => {
    const claim = at(volume, 'spec', 'claimRef');
    return [
      volume.metadata.name,
      textAt(volume, 'spec', 'capacity', 'storage') || '0',
      accessModeText(listAt(volume, 'spec', 'accessModes')),
      textAt(volume, 'spec', 'persistentVolumeReclaimPolicy'),
      isTerminating(volume) ? 'Terminating' : textAt(volume, 'status', 'phase'),
      claim === undefined ? '' : `${textAt(claim, 'namespace')}/${textAt(claim, 'name')}`,
      textAt(volume, 'spec', 'storageClassName'),
      orUnset(textAt(volume, 'spec', 'volumeAttributesClassName')),
      textAt(volume, 'status', 'reason'),
      age(volume, now),
      orUnset(textAt(volume, 'spec', 'volumeMode')),
    ];
  },
};

const persistentVolumeClaims: Printer = {
  columns: columns(
    'Name/name Status Volume Capacity Access_Modes StorageClass VolumeAttributesClass Age VolumeMode*',
  ),
  cells: (claim, now) => {
    const bound = textAt(claim, 'spec', 'volumeName') !== '';
    return [
      claim.metadata.name,
      isTerminating(claim) ? 'Terminating' : textAt(claim, 'status', 'phase'),
      textAt(claim, 'spec', 'volumeName'),
      bound ? textAt(claim, 'status', 'capacity', 'storage') || '0' : '',
      bound ? accessModeText(listAt(claim, 'status', 'accessModes')) : '',
      textAt(claim, 'spec', 'storageClassName'),
      orUnset(textAt(claim, 'spec', 'volumeAttributesClassName')),
      age(claim, now),
      orUnset(textAt(claim, 'spec', 'volumeMode')),
    ];
  },
};

const markDefault = (object: KubeObject, annotation: string): string =>
  object.metadata.name + (object.metadata.annotations?.[annotation] === 'true' ? ' (default)' : '');

const storageClasses: Printer = {
  columns: columns('Name/name Provisioner ReclaimPolicy VolumeBindingMode AllowVolumeExpansion Age'),
  cells: (object, now) => [
    markDefault(object, 'storageclass.kubernetes.io/is-default-class'),
    textAt(object, 'provisioner'),
    textAt(object, 'reclaimPolicy') || 'Delete',
    textAt(object, 'volumeBindingMode') || 'Immediate',
    isTrue(at(object, 'allowVolumeExpansion')),
    age(object, now),
  ],
};

const volumeAttributesClasses: Printer = {
  columns: columns('Name/name DriverName Age'),
  cells: (object, now) => [
    markDefault(object, 'storageclass.kubernetes.io/is-default-class'),
    textAt(object, 'driverName'),
    age(object, now),
  ],
};

const csiDrivers = named(
  'AttachRequired:boolean PodInfoOnMount:boolean StorageCapacity:boolean TokenRequests RequiresRepublish:boolean Modes',
  ({ spec }) => [
    isTrue(at(spec, 'attachRequired'), true),
    isTrue(at(spec, 'podInfoOnMount')),
    isTrue(at(spec, 'storageCapacity')),
    orUnset(
      listAt(spec, 'tokenRequests')
        .map((request) => textAt(request, 'audience'))
        .join(','),
    ),
    isTrue(at(spec, 'requiresRepublish')),
    listAt(spec, 'volumeLifecycleModes').map(String).join(',') || none,
  ],
);

const bindings: Printer = {
  columns: columns('Name/name Role Age Users* Groups* ServiceAccounts*'),
  cells: (binding, now) => {
    const subjects = (kind: string): string =>
      listAt(binding, 'subjects')
        .filter((subject) => textAt(subject, 'kind') === kind)
        .map((subject) => {
          const namespace = kind === 'ServiceAccount' ? textAt(subject, 'namespace') : '';
          return `${namespace === '' ? '' : `${namespace}/`}${textAt(subject, 'name')}`;
        })
        .join(', ');
    return [
      binding.metadata.name,
      `${textAt(binding, 'roleRef', 'kind')}/${textAt(binding, 'roleRef', 'name')}`,
      age(binding, now),
      subjects('User'),
      subjects('Group'),
      subjects('ServiceAccount'),
    ];
  },
};

const signingRequests: Printer = {
  columns: columns('Name/name Age SignerName Requestor RequestedDuration Condition'),
  cells: (request, now) => {
    const seconds = at(request, 'spec', 'expirationSeconds');
    return [
      request.metadata.name,
      age(request, now),
      orNone(textAt(request, 'spec', 'signerName')),
      textAt(request, 'spec', 'username'),
      typeof seconds === 'number' ? humanDuration(seconds * 1000) : none,
      signingStatus(request),
    ];
  },
};

function signingStatus(request: KubeObject): string {
  const has = (type: string): boolean => conditionOf(request, type) !== undefined;
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  const issued = textAt(request, 'status', 'certificate') !== '';
  return `${decision}${has('Failed') ? ',Failed' : ''}${issued ? ',Issued' : ''}`;
}

function hostText(ingress: KubeObject): string {
  const rules = listAt(ingress, 'spec', 'rules');
  const hosts = rules.map((rule) => textAt(rule, 'host')).filter((host) => host !== '');
  if (hosts.length === 0) return '*';
  const shown = hosts.slice(0, 3).join(',');
  return rules.length > 3 && hosts.length >= 3 ? `${shown} + ${rules.length - 3} more...` : shown;
}

const ingresses = named('Class Hosts Address Ports', (ingress) => [
  orNone(textAt(ingress, 'spec', 'ingressClassName')),
  hostText(ingress),
  ingressAddresses(ingress).join(','),
  listAt(ingress, 'spec', 'tls').length > 0 ? '80, 443' : '80',
]);

const ingressClasses = named('Controller Parameters', ({ spec }) => {
  const parameters = at(spec, 'parameters');
  const group = textAt(parameters, 'apiGroup');
  const kind = textAt(parameters, 'kind') + (group === '' ? '' : `.${group}`);
  return [
    textAt(spec, 'controller'),
    parameters === undefined ? none : `${kind}/${textAt(parameters, 'name')}`,
  ];
});

const apiServices = named('Service Available', (object) => {
  const service = at(object, 'spec', 'service');
  const available = conditionOf(object, 'Available');
  const status = textAt(available, 'status') || 'Unknown';
  return [
    service === undefined ? 'Local' : `${textAt(service, 'namespace')}/${textAt(service, 'name')}`,
    status === 'True' ? status : `${status} (${textAt(available, 'reason')})`,
  ];
});

const priorityLevels = named(
  'Type NominalConcurrencyShares Queues HandSize QueueLengthLimit',
  ({ spec }): Cell[] => {
    const limited = at(spec, 'limited');
    const queuing = at(limited, 'limitResponse', 'queuing');
    const shares = at(limited ?? at(spec, 'exempt'), 'nominalConcurrencyShares');
    const cell = (value: unknown): Cell => (typeof value === 'number' ? value : none);
    return [
      textAt(spec, 'type'),
      cell(shares),
      cell(at(queuing, 'queues')),
      cell(at(queuing, 'handSize')),
      cell(at(queuing, 'queueLengthLimit')),
    ];
  },
);

const flowSchemas: Printer = {
  columns: columns('Name/name PriorityLevel MatchingPrecedence DistinguisherMethod Age MissingPL'),
  cells: (object, now) => [
    object.metadata.name,
    textAt(object, 'spec', 'priorityLevelConfiguration', 'name'),
    numberAt(object, 'spec', 'matchingPrecedence'),
    orNone(textAt(object, 'spec', 'distinguisherMethod', 'type')),
    age(object, now),
    textAt(conditionOf(object, 'Dangling'), 'status') || '?',
  ],
};

function paramKind(spec: unknown): string {
  const kind = at(spec, 'paramKind');
  return kind === undefined ? unset : `${textAt(kind, 'apiVersion')}/${textAt(kind, 'kind')}`;
}

function paramRef(spec: unknown): string {
  const reference = at(spec, 'paramRef');
  if (reference === undefined) return unset;
  const target = textAt(reference, 'name') || formatSelector(at(reference, 'selector'));
  const namespace = textAt(reference, 'namespace');
  return namespace === '' ? target : `${namespace}/${target}`;
}

function parentReference(object: KubeObject): string {
  const parent = at(object, 'spec', 'parentRef');
  const group = textAt(parent, 'group');
  const resource = textAt(parent, 'resource') + (group === '' ? '' : `.${group}`);
  return [resource, textAt(parent, 'namespace'), textAt(parent, 'name')]
    .filter((part) => part !== '')
    .join('/');
}

function claimState(claim: KubeObject): string {
  const states = [
    isTerminating(claim) ? 'deleted' : '',
    at(claim, 'status', 'allocation') === undefined ? '' : 'allocated',
    listAt(claim, 'status', 'reservedFor').length > 0 ? 'reserved' : '',
  ].filter((state) => state !== '');
  return at(claim, 'status', 'allocation') === undefined
    ? [...states, 'pending'].join(',')
    : states.join(',');
}

/** Printers of all other groups by storage. */
export const otherPrinters: Record<string, Printer> = {
  persistentvolumes: persistentVolumes,
  persistentvolumeclaims: persistentVolumeClaims,
  'storageclasses.storage.k8s.io': storageClasses,
  'volumeattributesclasses.storage.k8s.io': volumeAttributesClasses,
  'csidrivers.storage.k8s.io': csiDrivers,
  'csinodes.storage.k8s.io': named('Drivers:integer', ({ spec }) => [listAt(spec, 'drivers').length]),
  'volumeattachments.storage.k8s.io': {
    columns: columns('Name/name Attacher/name PV Node Attached:boolean Age'),
    cells: (object, now) => [
      object.metadata.name,
      textAt(object, 'spec', 'attacher'),
      textAt(object, 'spec', 'source', 'persistentVolumeName'),
      textAt(object, 'spec', 'nodeName'),
      isTrue(at(object, 'status', 'attached')),
      age(object, now),
    ],
  },
  'clusterrolebindings.rbac.authorization.k8s.io': bindings,
  'rolebindings.rbac.authorization.k8s.io': bindings,
  'certificatesigningrequests.certificates.k8s.io': signingRequests,
  'ingresses.networking.k8s.io': ingresses,
  'ingressclasses.networking.k8s.io': ingressClasses,
  'ipaddresses.networking.k8s.io': {
    columns: columns('Name/name ParentRef'),
    // One cell more than columns: so does upstream.
    cells: (object, now) => [object.metadata.name, parentReference(object), age(object, now)],
  },
  'networkpolicies.networking.k8s.io': named('Pod-Selector', (object) => [
    formatSelector(at(object, 'spec', 'podSelector')),
  ]),
  'servicecidrs.networking.k8s.io': named('CIDRs', ({ spec }) => [
    listAt(spec, 'cidrs').map(String).join(','),
  ]),
  'apiservices.apiregistration.k8s.io': apiServices,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': named('Webhooks:integer', (object) => [
    listAt(object, 'webhooks').length,
  ]),
  'validatingwebhookconfigurations.admissionregistration.k8s.io': named('Webhooks:integer', (object) => [
    listAt(object, 'webhooks').length,
  ]),
  'validatingadmissionpolicies.admissionregistration.k8s.io': named(
    'Validations:integer ParamKind',
    ({ spec }) => [listAt(spec, 'validations').length, paramKind(spec)],
  ),
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': named(
    'PolicyName ParamRef',
    ({ spec }) => [textAt(spec, 'policyName'), paramRef(spec)],
  ),
  'priorityclasses.scheduling.k8s.io': {
    columns: columns('Name/name Value:integer Global-Default:boolean Age PreemptionPolicy'),
    cells: (object, now) => [
      object.metadata.name,
      numberAt(object, 'value'),
      isTrue(at(object, 'globalDefault')),
      age(object, now),
      textAt(object, 'preemptionPolicy'),
    ],
  },
  'leases.coordination.k8s.io': named('Holder', ({ spec }) => [textAt(spec, 'holderIdentity')]),
  'runtimeclasses.node.k8s.io': named('Handler', (object) => [textAt(object, 'handler')]),
  'flowschemas.flowcontrol.apiserver.k8s.io': flowSchemas,
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': priorityLevels,
  'deviceclasses.resource.k8s.io': named('', () => []),
  'resourceclaims.resource.k8s.io': named('State', (object) => [claimState(object)]),
  'resourceclaimtemplates.resource.k8s.io': named('', () => []),
  'resourceslices.resource.k8s.io': named('Node Driver Pool', ({ spec }) => [
    textAt(spec, 'nodeName') || (isTrue(at(spec, 'allNodes')) ? '<all>' : unset),
    textAt(spec, 'driver'),
    textAt(recordAt(spec, 'pool'), 'name'),
  ]),
};
