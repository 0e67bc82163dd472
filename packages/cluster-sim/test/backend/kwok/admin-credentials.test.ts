import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCredentials } from '../../../src/backend/kwok/admin-credentials.js';
import { temporaryFolder } from '../../temporary.js';

it("reads the administrator's credentials from the files that kwokctl's kubeconfig names", async () => {
  const folder = await temporaryFolder();
  const pki = join(folder, 'pki');
  await mkdir(pki);
  for (const name of ['ca.crt', 'admin.crt', 'admin.key']) await writeFile(join(pki, name), `PEM of ${name}`);
  const kubeconfig = join(folder, 'kubeconfig.yaml');
  await writeFile(
    kubeconfig,
    `apiVersion: v1
clusters:
- cluster: { certificate-authority: ${pki}/ca.crt, server: 'https://127.0.0.1:21000' }
  name: kwok-x
users:
- name: kwok-x
  user: { client-certificate: ${pki}/admin.crt, client-key: ${pki}/admin.key }
`,
  );
  expect(await readCredentials(kubeconfig)).toEqual({
    server: 'https://127.0.0.1:21000',
    caCert: 'PEM of ca.crt',
    clientCert: 'PEM of admin.crt',
    clientKey: 'PEM of admin.key',
  });
  await writeFile(kubeconfig, 'kind: Config\n');
  await expect(readCredentials(kubeconfig)).rejects.toMatchObject({ code: 'ERR_FLEET_STATE' });
});
