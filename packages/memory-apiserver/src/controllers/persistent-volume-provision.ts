import type { ControllerContext } from './controller.js';
import type { ObjectReference, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from './kinds.js';
import { compact } from './status.js';

const classes = 'storageclasses.storage.k8s.io';
const provisionedBy = 'pv.kubernetes.io/provisioned-by';
const isDefault = 'storageclass.kubernetes.io/is-default-class';

/** Of the claim, for the provisioner: the second is the older name of the first. */
const provisionerOf = [
  'volume.kubernetes.io/storage-provisioner',
  'volume.beta.kubernetes.io/storage-provisioner',
];
const selectedNode = 'volume.kubernetes.io/selected-node';

export const classOf = (
  { spec }: PersistentVolumeClaim,
  { api }: ControllerContext,
): StorageClass | undefined =>
  spec.storageClassName === undefined || spec.storageClassName === ''
    ? undefined
    : (api.find(classes, undefined, spec.storageClassName) as StorageClass | undefined);

/** The class of claims that name none: of several the newest (upstream: `GetDefaultClass`). */
export const defaultClass = ({ api }: ControllerContext): StorageClass | undefined =>
  (api.list(classes) as StorageClass[])
    .filter(({ metadata }) => metadata.annotations?.[isDefault] === 'true')
    .sort(
      ({ metadata: a }, { metadata: b }) =>
        (b.creationTimestamp ?? '').localeCompare(a.creationTimestamp ?? '') || (a.name < b.name ? -1 : 1),
    )[0];

/** The pods that use the claim. */
export function consumersOf({ metadata }: PersistentVolumeClaim, { api }: ControllerContext): Pod[] {
  const { namespace = '', name } = metadata;
  return (api.list('pods', { namespace }) as Pod[]).filter(({ spec }) =>
    (spec.volumes ?? []).some((volume) => volume.persistentVolumeClaim?.claimName === name),
  );
}

/** The reference by which a volume is the claim's. */
export const referenceTo = ({ metadata }: PersistentVolumeClaim): ObjectReference => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  name: metadata.name,
  ...compact({
    namespace: metadata.namespace,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
  }),
});

/**
 * Makes the claim's volume by its class, as a provisioner beside the cluster would, and answers the claim as the
 * provisioner leaves it.
 *
 * @param node where the first pod is that uses it, if the class waits for one
 */
export function provision(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  node: string | undefined,
  { api, events }: ControllerContext,
): { claim: PersistentVolumeClaim; volume: PersistentVolume } {
  const { provisioner, reclaimPolicy = 'Delete' } = storageClass;
  const { namespace = '', name, uid = '' } = claim.metadata;
  const volumeName = `pvc-${uid}`;
  const note = (reason: string, message: string): void => events.record(claim, 'Normal', reason, message);
  const annotations = {
    ...claim.metadata.annotations,
    ...Object.fromEntries(provisionerOf.map((annotation) => [annotation, provisioner])),
    ...(node === undefined ? {} : { [selectedNode]: node }),
  };
  const asked = api.update({
    ...claim,
    metadata: { ...claim.metadata, annotations },
  }) as PersistentVolumeClaim;
  const existing = api.find('persistentvolumes', undefined, volumeName) as PersistentVolume | undefined;
  if (existing !== undefined) return { claim: asked, volume: existing };
  note(
    'ExternalProvisioning',
    `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`,
  );
  const volume = api.create({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volumeName, annotations: { [provisionedBy]: provisioner } },
    spec: {
      capacity: { storage: claim.spec.resources?.requests?.['storage'] ?? '1Gi' },
      accessModes: claim.spec.accessModes ?? ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: reclaimPolicy,
      storageClassName: storageClass.metadata.name,
      volumeMode: claim.spec.volumeMode ?? 'Filesystem',
      claimRef: referenceTo(asked),
      hostPath: { path: `/var/lib/volumes/${volumeName}_${namespace}_${name}`, type: 'DirectoryOrCreate' },
    },
  }) as PersistentVolume;
  note('ProvisioningSucceeded', `Successfully provisioned volume ${volumeName}`);
  return { claim: asked, volume };
}
