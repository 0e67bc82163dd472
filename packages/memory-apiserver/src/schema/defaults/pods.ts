import { both, ensure, fieldsIn, fill, fillZero, type Default, type Fields } from './default.js';

/** `Always` for images that may change under their name: k8s.io/kubernetes `SetDefaults_Container`. */
export function imagePullPolicy(image: unknown): string {
  const text = typeof image === 'string' ? image : '';
  const [name = '', digest] = text.split('@');
  const tag = /:([^/:]+)$/.exec(name)?.[1];
  return digest === undefined && (tag === undefined || tag === 'latest') ? 'Always' : 'IfNotPresent';
}

const container: Default = (value) => {
  value['imagePullPolicy'] ||= imagePullPolicy(value['image']);
  fillZero({ terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' })(value);
};

/** Requests that are left out are the limits. */
const requestsFromLimits: Default = (value) => {
  const resources = value['resources'] as Fields | undefined;
  const limits = resources?.['limits'];
  if (resources === undefined || typeof limits !== 'object' || limits === null) return;
  fill(limits as Fields)(ensure(resources, 'requests'));
};

const pod: Default = (value) => {
  const spec = ensure(value, 'spec');
  spec['enableServiceLinks'] ??= true;
  for (const list of ['containers', 'initContainers']) fieldsIn(spec, list).forEach(requestsFromLimits);
};

/** Pods on the host's network use the host's ports. */
const hostPorts: Default = (spec) => {
  if (spec['hostNetwork'] !== true) return;
  for (const list of ['containers', 'initContainers'])
    for (const one of fieldsIn(spec, list))
      for (const port of fieldsIn(one, 'ports')) port['hostPort'] ||= port['containerPort'];
};

/** The deprecated `serviceAccount` always says the same. */
const serviceAccount: Default = (spec) => {
  const name = spec['serviceAccountName'] || spec['serviceAccount'];
  if (name) spec['serviceAccountName'] = spec['serviceAccount'] = name;
};

const podSpec = both(
  fillZero({ dnsPolicy: 'ClusterFirst', restartPolicy: 'Always', schedulerName: 'default-scheduler' }),
  fill({ securityContext: {}, terminationGracePeriodSeconds: 30 }),
  hostPorts,
  serviceAccount,
);

/** A volume of no kind is an empty directory. */
const volume: Default = (value) => {
  if (Object.keys(value).every((key) => key === 'name')) value['emptyDir'] = {};
};

const fileMode = fill({ defaultMode: 0o644 });
const iscsi = fillZero({ iscsiInterface: 'default' });
const rbd = fillZero({ pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' });
const scaleIO = fillZero({ storageMode: 'ThinProvisioned', fsType: 'xfs' });

/** Defaults of pods and everything in them, by type. */
export const podDefaults: Record<string, Default> = {
  'core/v1:Pod': pod,
  'core/v1:PodSpec': podSpec,
  'core/v1:Container': container,
  'core/v1:EphemeralContainer': container,
  'core/v1:ContainerPort': fillZero({ protocol: 'TCP' }),
  'core/v1:Probe': fillZero({
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  }),
  'core/v1:HTTPGetAction': fillZero({ path: '/', scheme: 'HTTP' }),
  'core/v1:GRPCAction': fill({ service: '' }),
  'core/v1:ObjectFieldSelector': fillZero({ apiVersion: 'v1' }),
  'core/v1:Volume': volume,
  'core/v1:SecretVolumeSource': fileMode,
  'core/v1:ConfigMapVolumeSource': fileMode,
  'core/v1:DownwardAPIVolumeSource': fileMode,
  'core/v1:ProjectedVolumeSource': fileMode,
  'core/v1:ServiceAccountTokenProjection': fill({ expirationSeconds: 3600 }),
  'core/v1:HostPathVolumeSource': fill({ type: '' }),
  'core/v1:ISCSIVolumeSource': iscsi,
  'core/v1:ISCSIPersistentVolumeSource': iscsi,
  'core/v1:RBDVolumeSource': rbd,
  'core/v1:RBDPersistentVolumeSource': rbd,
  'core/v1:ScaleIOVolumeSource': scaleIO,
  'core/v1:ScaleIOPersistentVolumeSource': scaleIO,
  'core/v1:AzureDiskVolumeSource': fill({
    cachingMode: 'ReadWrite',
    kind: 'Shared',
    fsType: 'ext4',
    readOnly: false,
  }),
};
