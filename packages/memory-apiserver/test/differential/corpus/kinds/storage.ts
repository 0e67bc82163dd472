import { scenario, subject } from './subject.js';

/** Volumes, storage classes and what CSI drivers tell. */
export const storage = scenario('kinds-storage', (ns) => [
  subject('', 'v1', 'PersistentVolume', 'persistentvolumes', {
    name: 'differential-volume',
    object: {
      spec: {
        capacity: { storage: '5Gi' },
        accessModes: ['ReadWriteOnce', 'ReadOnlyMany'],
        storageClassName: 'slow',
        hostPath: { path: '/tmp' },
      },
    },
    change: {
      metadata: { finalizers: null, labels: { tier: 'gold' } },
      spec: { capacity: { storage: '6Gi' } },
    },
    applied: { spec: { persistentVolumeReclaimPolicy: 'Delete' } },
    status: { phase: 'Available' },
  }),
  subject('', 'storage.k8s.io/v1', 'StorageClass', 'storageclasses', {
    name: 'differential-class',
    object: { provisioner: 'example.com/disk' },
    change: { allowVolumeExpansion: true },
    applied: { allowVolumeExpansion: false },
  }),
  subject('', 'storage.k8s.io/v1', 'CSIDriver', 'csidrivers', {
    name: 'differential.example.com',
    object: { spec: {} },
    change: { spec: { podInfoOnMount: true } },
    applied: { spec: { requiresRepublish: true } },
  }),
  subject('', 'storage.k8s.io/v1', 'CSINode', 'csinodes', {
    name: 'differential-node',
    object: { spec: { drivers: [{ name: 'differential.example.com', nodeID: 'n' }] } },
    change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
    applied: { spec: { drivers: [{ name: 'other.example.com', nodeID: 'm', topologyKeys: ['zone'] }] } },
  }),
  subject('', 'storage.k8s.io/v1', 'VolumeAttachment', 'volumeattachments', {
    name: 'differential-attachment',
    object: {
      spec: { attacher: 'differential.example.com', nodeName: 'n', source: { persistentVolumeName: 'v' } },
    },
    change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
    applied: { metadata: { name: 'differential-attachment', annotations: { note: 'applied' } } },
    status: { attached: true },
  }),
  subject(ns, 'storage.k8s.io/v1', 'CSIStorageCapacity', 'csistoragecapacities', {
    name: 'capacity',
    object: { storageClassName: 'differential-class', capacity: '10Gi' },
    change: { capacity: '20Gi' },
    applied: { maximumVolumeSize: '1Gi' },
  }),
  subject('', 'storage.k8s.io/v1', 'VolumeAttributesClass', 'volumeattributesclasses', {
    name: 'differential-fast',
    object: { driverName: 'differential.example.com', parameters: { iops: '100' } },
    change: { metadata: { finalizers: null, labels: { tier: 'gold' } } },
    applied: { metadata: { name: 'differential-fast', annotations: { note: 'applied' } } },
  }),
]);
