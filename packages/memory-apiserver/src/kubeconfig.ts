import { chmodSync, writeFileSync } from 'node:fs';

export interface KubeconfigFacts {
  /** Name of the cluster, the context and, with `-admin`, of the user. */
  name: string;
  /** `https://127.0.0.1:6443`. */
  server: string;
  /** PEM of the CA that has signed the server's certificate. */
  caCert: string;
  token: string;
}

/** A kubeconfig (YAML) for one cluster. It holds a token: see {@link writeKubeconfig}. */
export function kubeconfigText({ name, server, caCert, token }: KubeconfigFacts): string {
  const [quotedName, user] = [name, `${name}-admin`].map((text) => JSON.stringify(text));
  return `apiVersion: v1
kind: Config
clusters:
  - name: ${quotedName}
    cluster:
      server: ${JSON.stringify(server)}
      certificate-authority-data: ${Buffer.from(caCert).toString('base64')}
users:
  - name: ${user}
    user:
      token: ${JSON.stringify(token)}
contexts:
  - name: ${quotedName}
    context:
      cluster: ${quotedName}
      user: ${user}
current-context: ${quotedName}
`;
}

/** Writes a file that only its owner can read, even if there was one before that others could. */
export function writeKubeconfig(file: string, text: string): void {
  writeFileSync(file, '', { mode: 0o600 });
  chmodSync(file, 0o600);
  writeFileSync(file, text);
}
