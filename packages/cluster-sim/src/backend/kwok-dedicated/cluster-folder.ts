import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { StateError } from '../../errors.js';
import { writeFileAtomic } from '../../state/atomic-file.js';
import type { ApiCredentials } from '../http-objects/api-connection.js';

/** What we note beside kwokctl's own files of a cluster. It is there only when the creation came to its end. */
export interface ClusterNote {
  uid: string;
  name: string;
  /** It was made with controller manager and scheduler. */
  controllerManager: boolean;
  /** The template's objects are in it. */
  populated: boolean;
}

const notePath = (kubeconfig: string): string => join(dirname(kubeconfig), 'scale-cluster.json');

/** Undefined for a cluster whose creation was cut off, or that isn't there. */
export async function readNote(kubeconfig: string): Promise<ClusterNote | undefined> {
  try {
    return JSON.parse(await readFile(notePath(kubeconfig), 'utf8')) as ClusterNote;
  } catch {
    return undefined;
  }
}

export async function writeNote(kubeconfig: string, note: ClusterNote): Promise<void> {
  await writeFileAtomic(notePath(kubeconfig), JSON.stringify(note));
}

export async function removeNote(kubeconfig: string): Promise<void> {
  await rm(notePath(kubeconfig), { force: true });
}

interface Kubeconfig {
  clusters?: { cluster?: { server?: string; 'certificate-authority'?: string } }[];
  users?: { user?: { 'client-certificate'?: string; 'client-key'?: string } }[];
}

/** The administrator's credentials of a kwokctl cluster, from its kubeconfig and the files that it names. */
export async function readCredentials(kubeconfig: string): Promise<ApiCredentials> {
  const { clusters, users } = parse(await readFile(kubeconfig, 'utf8')) as Kubeconfig;
  const cluster = clusters?.[0]?.cluster;
  const user = users?.[0]?.user;
  const paths = [cluster?.['certificate-authority'], user?.['client-certificate'], user?.['client-key']];
  if (cluster?.server === undefined || paths.includes(undefined))
    throw new StateError(`${kubeconfig} is not a kubeconfig of kwokctl`);
  const [caCert = '', clientCert = '', clientKey = ''] = await Promise.all(
    paths.map((path) => readFile(path ?? '', 'utf8')),
  );
  return { server: cluster.server, caCert, clientCert, clientKey };
}
