import { amountsOf } from '../quota/amounts.js';
import { recordAt } from '../../schema/read.js';
import type { Attributes } from './attributes.js';
import { defaultAmong, objectsOf, refuse } from './attributes.js';

const STORAGE_CLASSES = 'storageclasses.storage.k8s.io';
const OLD_STORAGE_CLASS = 'volume.beta.kubernetes.io/storage-class';

/** The DefaultStorageClass admission: new claims that name no class get the default one. */
export function setStorageClass({ context, resource, object }: Attributes): void {
  if (resource.storage !== 'persistentvolumeclaims') return;
  const spec = object.spec as { storageClassName?: string } | undefined;
  if (spec === undefined || spec.storageClassName !== undefined) return;
  if (object.metadata.annotations?.[OLD_STORAGE_CLASS] !== undefined) return;
  const found = defaultAmong(
    objectsOf(context, STORAGE_CLASSES),
    'storageclass.kubernetes.io/is-default-class',
  );
  if (found !== undefined) spec.storageClassName = found.metadata.name;
}

/** The DefaultIngressClass admission: the same for ingresses. */
export function setIngressClass({ context, resource, object }: Attributes): void {
  if (resource.storage !== 'ingresses.networking.k8s.io') return;
  const spec = object.spec as { ingressClassName?: string } | undefined;
  if (spec === undefined || spec.ingressClassName !== undefined) return;
  if (object.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined) return;
  const classes = objectsOf(context, 'ingressclasses.networking.k8s.io');
  const found = defaultAmong(classes, 'ingressclass.kubernetes.io/is-default-class');
  if (found !== undefined) spec.ingressClassName = found.metadata.name;
}

/** The PersistentVolumeClaimResize admission: only claims of classes that allow it grow. */
export function checkResize(attributes: Attributes): void {
  const { context, resource, object, old, subresource } = attributes;
  if (resource.storage !== 'persistentvolumeclaims' || old === undefined || subresource !== '') return;
  const sizeOf = (claim: unknown): bigint =>
    amountsOf(recordAt(claim, 'spec', 'resources', 'requests')).get('storage')?.nano ?? 0n;
  if (sizeOf(object) <= sizeOf(old)) return;
  if (recordAt(old, 'status')['phase'] !== 'Bound')
    refuse(attributes, 'Only bound persistent volume claims can be expanded');
  const name = (object.spec as { storageClassName?: string }).storageClassName;
  const text = name ? context.store.read(STORAGE_CLASSES, `/${name}`) : undefined;
  if (text !== undefined && (JSON.parse(text) as { allowVolumeExpansion?: boolean }).allowVolumeExpansion)
    return;
  refuse(
    attributes,
    'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
  );
}
