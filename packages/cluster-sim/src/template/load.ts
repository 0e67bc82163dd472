import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isStage, type KubeObject } from '@scale-cluster/memory-apiserver';
import { TemplateError } from '../errors.js';
import { checkClusterInfo } from './check.js';
import { defaultTemplate } from './default-template.js';
import { isManifest, readManifests } from './manifests.js';
import { renderClusterInfo } from './render-cluster-info.js';
import { TemplateSource } from './source.js';

/** What every cluster starts with. */
export interface Template {
  /** Objects, Stages among them, with `{{cluster-name}}` in their strings; with all namespaces that they are in. */
  objects: KubeObject[];
  /** Kubernetes version of the nodes, such as `v1.28.5+k3s1`. */
  version: string;
  nodeCount: number;
  /** Longest name a cluster may have with this template. */
  maxNameLength: number;
}

const fallbackVersion = 'v1.28.5+k3s1';
const labelLimit = 63;

/**
 * Reads `cluster.yaml`, in the ClusterInfo format or as Kubernetes manifests, Stages beside either; writes the default one if there is
 * none. Throws {@link TemplateError} with file, line, path and reason.
 */
export function loadTemplate(file: string): Template {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, defaultTemplate);
    chmodSync(file, 0o644);
  }
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new TemplateError(file, 0, '', `can't be read: ${(error as Error).message}`, { cause: error });
  }
  // Ages count from the file's own time, so that they are the same after every restart.
  return parseTemplate(text, file, statSync(file).mtimeMs);
}

/** {@link loadTemplate} without the file system; ages count back from `reference` (milliseconds). */
export function parseTemplate(text: string, file: string, reference: number): Template {
  const source = new TemplateSource(file, text);
  if (source.documents.length === 0) throw new TemplateError(file, 0, '', 'the template is empty');
  const objects = readObjects(source, reference);
  const nodes = objects.filter((object) => object.apiVersion === 'v1' && object.kind === 'Node');
  return {
    objects: [...missingNamespaces(objects), ...objects],
    version: versionOf(nodes),
    nodeCount: nodes.length,
    maxNameLength: maxNameLength(objects),
  };
}

/** Stages may stand beside a cluster description; any other manifest makes all documents manifests. */
function readObjects(source: TemplateSource, reference: number): KubeObject[] {
  const indexes = [...source.documents.keys()];
  const isStageAt = (index: number): boolean => {
    const value = source.value(index);
    return isManifest(value) && isStage(value as KubeObject);
  };
  const stages = indexes.filter(isStageAt);
  const others = indexes.filter((index) => !stages.includes(index));
  if (others.length > 0 && !others.some((index) => isManifest(source.value(index)))) {
    return [...renderClusterInfo(single(source, others), reference), ...readManifests(source, stages)];
  }
  const objects = readManifests(source, indexes);
  if (!objects.some((object) => object.apiVersion === 'v1' && object.kind === 'Node')) {
    throw source.error(0, [], 'a cluster needs at least one Node: Rancher waits for one');
  }
  return objects;
}

function single(
  source: TemplateSource,
  [first = 0, second]: readonly number[],
): ReturnType<typeof checkClusterInfo> {
  if (second !== undefined)
    throw source.error(second, [], 'a cluster description is one document, this is a second one');
  return checkClusterInfo(source, first);
}

function versionOf(nodes: KubeObject[]): string {
  const status = nodes[0]?.['status'] as { nodeInfo?: { kubeletVersion?: unknown } } | undefined;
  const version = status?.nodeInfo?.kubeletVersion;
  return typeof version === 'string' && /^v\d+\.\d+\.\d+/.test(version) ? version : fallbackVersion;
}

/** Namespaces that objects are in and nothing defines. */
function missingNamespaces(objects: readonly KubeObject[]): KubeObject[] {
  const defined = new Set(objects.filter((one) => one.kind === 'Namespace').map((one) => one.metadata.name));
  const used = new Set(['default', 'kube-system', 'kube-public', 'kube-node-lease']);
  for (const { metadata } of objects) if (metadata.namespace !== undefined) used.add(metadata.namespace);
  return [...used]
    .filter((name) => !defined.has(name))
    .map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
}

/** Label values end at 63 letters, and node names are label values. */
function maxNameLength(objects: readonly KubeObject[]): number {
  let longest = labelLimit;
  for (const { metadata } of objects) {
    for (const value of Object.values(metadata.labels ?? {})) {
      const parts = value.split('{{cluster-name}}');
      const places = parts.length - 1;
      if (places > 0) longest = Math.min(longest, Math.floor((labelLimit - parts.join('').length) / places));
    }
  }
  return longest;
}
