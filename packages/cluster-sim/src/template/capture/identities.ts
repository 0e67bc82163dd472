import { isIP, isIPv4 } from 'node:net';
import type { KubeObject } from '@scale-cluster/memory-apiserver';
import { privateDomainOf, registryOf, urlHosts } from './domains.js';
import type { Pseudonyms } from './pseudonyms.js';

/** An e-mail address, but not the user and host of a URL; what is before the @ is the first group. */
export const emailPattern =
  /(?<!:\/\/[^\s@/]*)\b([A-Za-z0-9][\w.+-]*)@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}\b/gu;

/** Words that are no names of people or machines, though some are called so: replacing them would change meanings. */
const genericWords = new Set(
  `admin administrator root user users system default service guest test tester demo devel developer master worker
  node nodes server agent client control controlplane control-plane local localhost host main primary monitoring
  operator cluster kubernetes kube helm nginx postgres mysql redis info support noreply no-reply hello contact sales
  security team platform backend frontend example`.split(/\s+/u),
);

/** Fields that hold a host name, in whatever kind of object. */
const hostKeys =
  /^(hosts?|hostnames?|externalname|commonname|dnsnames?|server|domains?|fqdn|endpoint|address|external-dns\.alpha\.kubernetes\.io\/hostname)$/iu;

/** Labels and annotations whose value is somebody. */
export const personKeys =
  /(^|[./])(owners?|creators?|created-?by|creator-?id|authors?|maintainers?|contacts?|e-?mail|user-?name|requested-?by|requester|assignee|on-?call|full-?name)$/iu;

/** `alice.smith` is `Alice-Smith` where a dot may not stand. */
export const wordKey = (word: string): string => word.toLowerCase().replaceAll(/[._]/gu, '-');

/** What identifies people and hosts in the objects, found by where it stands. */
export class Identities {
  /** Nodes and people by {@link wordKey} of the names that may stand inside longer ones (`etcd-<node>`). */
  readonly words = new Map<string, string>();
  /** The first part of each of {@link words}, up to a hyphen. */
  readonly firstParts = new Set<string>();
  /** Nodes by their whole names, those too that are usual words. */
  readonly nodes = new Map<string, string>();
  readonly addresses = new Map<string, string>();
  /** Domains and what stands in their place. */
  readonly domains = new Map<string, string>();
  readonly namespaces: ReadonlySet<string>;
  /** Names of custom resources and their groups, which look like hosts and must stay what they are. */
  readonly protectedNames = new Set<string>();
  readonly secretNames: ReadonlySet<string>;

  constructor(
    objects: readonly KubeObject[],
    readonly pseudonyms: Pseudonyms,
  ) {
    const namesOf = (kind: string): Set<string> =>
      new Set(
        objects.filter((one) => one.apiVersion === 'v1' && one.kind === kind).map((one) => one.metadata.name),
      );
    this.namespaces = namesOf('Namespace');
    this.secretNames = namesOf('Secret');
    this.#moveServices(objects);
    for (const object of objects) {
      if (object.kind === 'CustomResourceDefinition') this.#protect(object);
      else if (object.kind === 'Node' && object.apiVersion === 'v1') this.#addNode(object);
    }
    for (const object of objects) {
      // Schemas are written by a program's authors and hold nobody's values.
      if (object.kind === 'CustomResourceDefinition') continue;
      this.#addSubjects(object);
      this.#look(object, '');
    }
  }

  /** Addresses of Services come into the range that simulated clusters have, with their ends as they were if possible. */
  #moveServices(objects: readonly KubeObject[]): void {
    const specs = objects
      .filter(({ apiVersion, kind }) => apiVersion === 'v1' && kind === 'Service')
      .map(({ spec }) => (spec ?? {}) as { clusterIP?: string; clusterIPs?: string[] });
    const all = new Set(
      specs.flatMap(({ clusterIP = '', clusterIPs = [clusterIP] }) => clusterIPs).filter(isIPv4),
    );
    const taken = new Set(['10.43.0.0', '10.43.0.1', ...[...all].filter((one) => one.startsWith('10.43.'))]);
    for (const address of all) {
      if (address.startsWith('10.43.')) continue;
      const [, , third = 0, fourth = 0] = address.split('.').map(Number);
      let end = third * 256 + fourth;
      const moved = (): string => `10.43.${end >> 8}.${end & 255}`;
      while (taken.has(moved())) end = (end + 1) % 65_536;
      taken.add(moved());
      this.addresses.set(address, moved());
    }
  }

  #protect({ metadata, spec }: KubeObject): void {
    this.protectedNames.add(metadata.name);
    const group = (spec as { group?: string } | undefined)?.group;
    if (group !== undefined) this.protectedNames.add(group);
  }

  #addNode({ metadata, status }: KubeObject): void {
    const { name, labels } = metadata;
    const to = this.pseudonyms.of('node', name);
    const { addresses = [] } = (status ?? {}) as { addresses?: { type: string; address: string }[] };
    const hostnames = addresses.filter(({ address }) => isIP(address) === 0).map(({ address }) => address);
    for (const alias of [name, labels?.['kubernetes.io/hostname'] ?? name, ...hostnames]) {
      this.nodes.set(alias, to);
      this.#addWord(alias, to);
      const [short = ''] = alias.split('.');
      // `ip-10-0-0-1.eu-west-1.compute.internal` is called by its first part, too.
      if (/\d/u.test(short)) this.#addWord(short, to);
    }
    for (const { address } of addresses)
      if (isIP(address) !== 0) this.addresses.set(address, this.pseudonyms.of('address', address));
  }

  /** Users and groups of RBAC bindings that are not Kubernetes' own. */
  #addSubjects({ subjects }: KubeObject): void {
    if (!Array.isArray(subjects)) return;
    for (const { kind, name } of subjects as { kind: string; name: string }[])
      if (kind === 'User' && !name.includes(':')) this.#addWord(name, this.person(name));
  }

  /** The name that stands for a person's. */
  person(name: string): string {
    return this.pseudonyms.of('person', name.toLowerCase());
  }

  #addWord(word: string, to: string): void {
    const key = wordKey(word);
    const isUsual = genericWords.has(key) || key.length < 4 || !/^[a-z0-9][a-z0-9-]*$/u.test(key);
    if (isUsual || this.words.has(key)) return;
    this.words.set(key, to);
    this.firstParts.add(key.split('-')[0] ?? '');
  }

  #look(value: unknown, key: string): void {
    if (typeof value === 'string') this.#lookAtText(value, key);
    else if (Array.isArray(value)) for (const one of value) this.#look(one, key);
    else if (typeof value === 'object' && value !== null)
      for (const [field, one] of Object.entries(value)) this.#look(one, field);
  }

  #lookAtText(text: string, key: string): void {
    if (hostKeys.test(key)) for (const host of text.split(/[,\s]+/u)) this.#addHost(host.split(':')[0] ?? '');
    if (key === 'image') this.#addHost(registryOf(text) ?? '');
    for (const host of urlHosts(text)) this.#addHost(host);
    if (!text.includes('@')) return;
    for (const [, local = ''] of text.matchAll(emailPattern)) this.#addWord(local, this.person(local));
  }

  #addHost(host: string): void {
    if (this.words.has(wordKey(host))) return;
    const domain = privateDomainOf(host, this.namespaces);
    if (domain !== undefined) this.domains.set(domain, this.pseudonyms.of('domain', domain));
  }
}
