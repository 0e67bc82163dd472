import { readFileSync } from 'node:fs';
import { isObject } from '../codec/json.js';
import type { KubeObject } from '../object.js';
import { yaml } from '../yaml.js';

/** Nodes with room for 110 pods each, ready from the start. */
export function makeNodes(count: number): KubeObject[] {
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  return Array.from({ length: count }, (_, index) => {
    const number = index + 1;
    const name = `node-${number}`;
    const resources = { cpu: '8', memory: '32Gi', 'ephemeral-storage': '100Gi', pods: '110' };
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        labels: {
          'kubernetes.io/arch': 'amd64',
          'kubernetes.io/hostname': name,
          'kubernetes.io/os': 'linux',
        },
      },
      status: {
        capacity: resources,
        allocatable: resources,
        addresses: [
          { type: 'InternalIP', address: `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}` },
          { type: 'Hostname', address: name },
        ],
        conditions: [
          {
            type: 'Ready',
            status: 'True',
            reason: 'KubeletReady',
            message: 'kubelet is posting ready status',
            lastHeartbeatTime: now,
            lastTransitionTime: now,
          },
        ],
      },
    };
  });
}

/** A default StorageClass, as clusters on one's own machine have it: volumes are made for the pods that claim them. */
export const standardStorageClass: KubeObject = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: {
    name: 'standard',
    annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
  },
  provisioner: 'rancher.io/local-path',
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'WaitForFirstConsumer',
};

/** The objects of a YAML or JSON file; Lists are taken apart. Throws Error with the file's name and the reason. */
export function readObjects(file: string): KubeObject[] {
  const text = readFileSync(file, 'utf8');
  const documents = yaml().parseAllDocuments(text);
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document, index) => {
    const [error] = document.errors;
    if (error !== undefined) throw new Error(`${file}: ${error.message}`);
    const value: unknown = document.toJS();
    return value === null ? [] : itemsOf(value).map((item) => check(item, `${file}, document ${index + 1}`));
  });
}

function itemsOf(value: unknown): unknown[] {
  if (!isObject(value)) return [value];
  const { kind, items } = value;
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items) ? items : [value];
}

function check(value: unknown, where: string): KubeObject {
  if (!isObject(value)) throw new Error(`${where}: not a Kubernetes object`);
  for (const field of ['apiVersion', 'kind'])
    if (typeof value[field] !== 'string') throw new Error(`${where}: ${field} is missing`);
  const { metadata } = value;
  if (!isObject(metadata) || typeof metadata['name'] !== 'string')
    throw new Error(`${where}: metadata.name is missing`);
  return value as unknown as KubeObject;
}
