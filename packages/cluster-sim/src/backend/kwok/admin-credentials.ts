import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { StateError } from '../../errors.js';
import type { ApiCredentials } from '../http-objects/api-connection.js';

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
