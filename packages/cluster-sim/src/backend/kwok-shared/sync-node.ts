import { isApiError, type KubeObject } from '@scale-cluster/memory-apiserver';
import type { Logger } from '../../logger.js';
import type { LogicalCluster } from './logical-cluster.js';
import type { MainObjects } from './main-objects.js';
import type { Mirrors } from './mirrors.js';
import { nodeName, otherNodeName, type LogicalKey } from './names.js';
import { newNodeMirror, nodePatch, nodeStatusFrom, nodeStatusPatch } from './node-mirror.js';
import { corePath, leasePath, nodePath } from './paths.js';

export interface SyncContext {
  main: MainObjects;
  mirrors: Mirrors;
  logger: Logger;
}

/** Makes a node and its mirror equal: existence, spec and figures as the cluster has them, conditions as KWOK has them. */
export async function syncNode(
  cluster: LogicalCluster,
  key: LogicalKey,
  context: SyncContext,
): Promise<void> {
  const { main, mirrors, logger } = context;
  const node = cluster.api.find('nodes', undefined, key.name);
  const mirror = mirrors.find(key);
  if (node === undefined) {
    if (mirror === undefined) return;
    const { name } = mirror.metadata;
    await main.delete('nodes', nodePath(name), mirror, 0);
    await main.drop(leasePath(name));
    return;
  }
  if (mirror === undefined) return createMirror(cluster, node, context);
  const path = nodePath(mirror.metadata.name);
  const patch = nodePatch(cluster, node, mirror);
  if (patch !== undefined) await main.patch('nodes', path, mirror, patch);
  const figures = nodeStatusPatch(node, mirror);
  if (figures !== undefined) {
    await main.patch('nodes', `${path}/status`, mirror, figures);
    logFigures('node changed in the main cluster', cluster, mirror.metadata.name, node, logger);
  }
  const status = nodeStatusFrom(mirror, node);
  if (status !== undefined) {
    const current = cluster.api.find('nodes', undefined, key.name);
    if (current !== undefined) cluster.api.update({ ...current, status }, { subresource: 'status' });
  }
}

async function createMirror(cluster: LogicalCluster, node: KubeObject, context: SyncContext): Promise<void> {
  const { main, mirrors, logger } = context;
  const usual = nodeName(cluster.name, node.metadata.name);
  const other = otherNodeName(cluster.name, cluster.uid, node.metadata.name);
  const name = mirrors.isNodeNameTaken(usual, cluster.uid) ? other : usual;
  try {
    await main.create('nodes', corePath('nodes'), newNodeMirror(cluster, name, node));
  } catch (error) {
    // Somebody's who isn't known to the mirrors: made by hand, or by another cluster a moment ago.
    if (!isApiError(error, 'AlreadyExists') || name === other) throw error;
    await main.create('nodes', corePath('nodes'), newNodeMirror(cluster, other, node));
  }
  logFigures('node made in the main cluster', cluster, name, node, logger);
}

function logFigures(
  message: string,
  cluster: LogicalCluster,
  mirror: string,
  node: KubeObject,
  logger: Logger,
): void {
  const { capacity, allocatable } = (node['status'] ?? {}) as { capacity?: object; allocatable?: object };
  logger.info({ cluster: cluster.name, node: mirror, capacity, allocatable }, message);
}
