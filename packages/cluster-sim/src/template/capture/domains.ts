import { isIPv4 } from 'node:net';

/** Domains that everybody's clusters name: of projects, vendors and registries, and those reserved for examples. */
const publicDomains = new Set(
  `kubernetes.io k8s.io x-k8s.io sigs.k8s.io cncf.io helm.sh docker.io docker.com quay.io ghcr.io github.com github.io
  githubusercontent.com gitlab.com gcr.io pkg.go.dev golang.org go.dev googleapis.com google.com microsoft.com
  public.ecr.aws aws.amazon.com nvcr.io nvidia.com redhat.com redhat.io openshift.io suse.com rancher.io rancher.com
  cattle.io grafana.com grafana.net grafana.org prometheus.io elastic.co istio.io envoyproxy.io cilium.io
  tigera.io projectcalico.org coreos.com jetstack.io cert-manager.io letsencrypt.org nginx.org nginx.com apache.org
  traefik.io bitnami.com hashicorp.com mozilla.org w3.org json-schema.org opencontainers.org openssl.org ietf.org
  wikipedia.org example.com example.org example.net`.split(/\s+/u),
);

/** Endings of files, which look like domains to a pattern. */
const fileEndings = new Set(
  'yaml yml json conf cfg ini toml properties xml sh py js ts go rb txt log md sock pem crt key csv sql db html css so jar tar gz zip'.split(
    ' ',
  ),
);

const shape = /^(?=.{4,253}$)(?:[a-z0-9_](?:[-a-z0-9_]*[a-z0-9])?\.)+[a-z]{2,24}$/iu;

/**
 * The domain that a host name belongs to, such as `acme.com` of `shop.acme.com`; undefined for what is no host name,
 * stays inside a cluster, or is public anyway.
 */
export function privateDomainOf(host: string, namespaces: ReadonlySet<string>): string | undefined {
  const name = host.toLowerCase().replace(/^\*\./u, '').replace(/\.$/u, '');
  if (!shape.test(name) || isIPv4(name)) return undefined;
  const labels = name.split('.');
  const last = labels.at(-1) ?? '';
  // `web.shop`, `web.shop.svc` and `web.shop.svc.cluster.local` are Services.
  if (last === 'svc' || last === 'localhost' || namespaces.has(last) || fileEndings.has(last))
    return undefined;
  if (name.includes('.svc.') || name.endsWith('cluster.local')) return undefined;
  for (let from = 0; from < labels.length - 1; from++)
    if (publicDomains.has(labels.slice(from).join('.'))) return undefined;
  // `acme.co.uk`: under a country, a short second level is a registry's.
  const isRegistry = last.length === 2 && (labels.at(-2)?.length ?? 0) <= 3;
  return labels.slice(isRegistry && labels.length > 2 ? -3 : -2).join('.');
}

/** The hosts of all URLs in a text. */
export function urlHosts(text: string): string[] {
  if (!text.includes('://')) return [];
  return [...text.matchAll(/\b[a-z][a-z0-9+.-]*:\/\/(?:[^\s/@"'<>]*@)?([a-z0-9._-]+)/giu)].map(
    (match) => match[1] ?? '',
  );
}

/** The registry of an image; undefined for one on Docker Hub by its short name. */
export function registryOf(image: string): string | undefined {
  const [first = '', rest] = image.replace(/^[a-z-]+:\/\//u, '').split('/', 2);
  return rest !== undefined && first.includes('.') ? first.split(':')[0] : undefined;
}

const keptRanges = [
  /^(0|10|127|224|225|239|240|255)\./u,
  /^172\.(1[6-9]|2\d|3[01])\./u,
  /^192\.168\./u,
  /^169\.254\./u,
  /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./u,
  /^(192\.0\.2|198\.51\.100|203\.0\.113)\./u,
  /^198\.1[89]\./u,
  /^(8\.8\.8\.8|8\.8\.4\.4|1\.1\.1\.1|9\.9\.9\.9)$/u,
];

/** Whether an IPv4 address is somebody's on the internet. */
export const isPublicAddress = (address: string): boolean =>
  isIPv4(address) && !keptRanges.some((range) => range.test(address));
