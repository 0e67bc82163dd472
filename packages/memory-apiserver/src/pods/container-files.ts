import type { KubeObject } from '../object.js';
import type { RegistryContext } from '../registry/context.js';
import { findObject, resourceOfStorage } from '../registry/context.js';
import { ISSUER } from '../registry/service-account-tokens.js';
import type { Container, FileSource, Pod, Reference, Volume } from './pod.js';
import { fieldText, hostnameOf } from './pod.js';
import type { PodScript } from './pod-script.js';

/** What a container sees of files: texts by absolute path, null for a directory. */
export type FileTree = Map<string, string | null>;

/** Directories that any image has. */
const DIRECTORIES = ['bin', 'dev', 'etc', 'home', 'proc', 'root', 'run', 'sys', 'tmp', 'usr', 'var'];

/** Files of a container: few of its own, those of its volumes (made of what the cluster has now), the script's. */
export function containerFiles(
  context: RegistryContext,
  pod: Pod,
  container: Container,
  script: PodScript,
): FileTree {
  const files: FileTree = new Map(DIRECTORIES.map((name) => [`/${name}`, null]));
  const hostname = hostnameOf(pod);
  const namespace = pod.metadata.namespace ?? '';
  files.set('/etc/hostname', `${hostname}\n`);
  files.set('/etc/hosts', `127.0.0.1\tlocalhost\n${pod.status?.podIP ?? '127.0.0.1'}\t${hostname}\n`);
  files.set(
    '/etc/resolv.conf',
    `search ${namespace}.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.43.0.10\noptions ndots:5\n`,
  );
  for (const { name, mountPath, subPath } of container.volumeMounts ?? []) {
    const volume = pod.spec.volumes?.find((one) => one.name === name);
    const mounted = volume === undefined ? new Map<string, string>() : volumeFiles(context, pod, volume);
    const root = mountPath.replace(/\/+$/, '');
    const single = subPath === undefined ? undefined : mounted.get(subPath);
    if (single === undefined) files.set(root || '/', null);
    else files.set(root, single);
    if (subPath === undefined) for (const [path, text] of mounted) files.set(`${root}/${path}`, text);
  }
  for (const [path, text] of script.files) files.set(path, text);
  for (const path of [...files.keys()]) addParents(files, path);
  return files;
}

function addParents(files: FileTree, path: string): void {
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    const parent = path.slice(0, at);
    if (files.has(parent)) return;
    files.set(parent, null);
  }
}

function volumeFiles(context: RegistryContext, pod: Pod, volume: Volume): Map<string, string> {
  const files = new Map<string, string>();
  for (const source of [volume, ...(volume.projected?.sources ?? [])]) addSource(context, pod, source, files);
  return files;
}

function addSource(
  context: RegistryContext,
  pod: Pod,
  { configMap, secret, downwardAPI, serviceAccountToken }: FileSource,
  files: Map<string, string>,
): void {
  const add = (values: Readonly<Record<string, string>>, items?: { key: string; path: string }[]): void => {
    const chosen = items ?? Object.keys(values).map((key) => ({ key, path: key }));
    for (const { key, path } of chosen) if (values[key] !== undefined) files.set(path, values[key]);
  };
  if (configMap !== undefined) add(configMapValues(context, pod, configMap), configMap.items);
  if (secret !== undefined) {
    const name = secret.secretName ?? secret.name;
    add(secretValues(context, pod, name === undefined ? {} : { name }), secret.items);
  }
  for (const { path, fieldRef } of downwardAPI?.items ?? [])
    if (fieldRef !== undefined) files.set(path, fieldText(pod, fieldRef.fieldPath));
  if (serviceAccountToken !== undefined) {
    const { path, audience, expirationSeconds } = serviceAccountToken;
    const token = boundToken(context, pod, audience ?? ISSUER, expirationSeconds ?? 3607);
    if (token !== undefined) files.set(path, token);
  }
}

function find(
  context: RegistryContext,
  { metadata }: Pod,
  storage: string,
  name = '',
): KubeObject | undefined {
  return findObject(context, resourceOfStorage(context, storage), metadata.namespace, name);
}

export function configMapValues(
  context: RegistryContext,
  pod: Pod,
  { name }: Reference,
): Record<string, string> {
  return (find(context, pod, 'configmaps', name)?.['data'] ?? {}) as Record<string, string>;
}

export function secretValues(
  context: RegistryContext,
  pod: Pod,
  { name }: Reference,
): Record<string, string> {
  const data = (find(context, pod, 'secrets', name)?.['data'] ?? {}) as Record<string, string>;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  );
}

/** The token that a kubelet asks for the pod: bound to it, real for this cluster's API. */
function boundToken(
  context: RegistryContext,
  pod: Pod,
  audience: string,
  seconds: number,
): string | undefined {
  const { namespace = '', name, uid = '' } = pod.metadata;
  const account = pod.spec.serviceAccountName || 'default';
  const accountUid = find(context, pod, 'serviceaccounts', account)?.metadata.uid;
  if (accountUid === undefined) return undefined;
  const { nodeName } = pod.spec;
  return context.tokens.issue({
    namespace,
    serviceAccount: { name: account, uid: accountUid },
    audiences: [audience],
    expiresAt: Math.floor(context.now() / 1000) + seconds,
    boundTo: { kind: 'Pod', name, uid },
    ...(nodeName === undefined ? {} : { node: { name: nodeName } }),
  });
}
