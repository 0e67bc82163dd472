import { isIP } from 'node:net';
import type { KubeObject } from '@scale-cluster/memory-apiserver';
import { isPublicAddress, privateDomainOf } from './domains.js';
import { emailPattern, personKeys, wordKey, type Identities } from './identities.js';
import { randomValue, replaceSecretData } from './secret-values.js';
import { isSecretKey, SecretTexts } from './secret-text.js';
import type { SeededRandom } from './seeded-random.js';

const token = /[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?/gu;
const ipv6 = /(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])/giu;
/** Fields whose whole value is the name of a node, though it may be a usual word. */
const nodeKeys = new Set(['nodeName', 'kubernetes.io/hostname', 'hostname', 'address']);
/** Parts of a longer name that are tried as the name of a node. */
const mostParts = 24;

/** Writes other names and values in place of those that say who and where it was, the same ones everywhere. */
export class Scrubber {
  readonly #secrets: SecretTexts;
  readonly #seen = new Map<string, string>();
  #secretValues = 0;

  constructor(
    private readonly identities: Identities,
    private readonly random: SeededRandom,
  ) {
    this.#secrets = new SecretTexts(random, identities.secretNames);
  }

  /** How many values were secrets. */
  get secretCount(): number {
    return this.#secretValues + this.#secrets.count;
  }

  /** The object as it may be shown; the given one stays as it is. */
  object(object: KubeObject): KubeObject {
    const { apiVersion, kind, metadata, ...rest } = object;
    // Schemas are written by a program's authors and hold nobody's values.
    if (kind === 'CustomResourceDefinition') return { apiVersion, kind, metadata: { ...metadata }, ...rest };
    const isSecret = kind === 'Secret' && apiVersion === 'v1';
    const isConfigMap = kind === 'ConfigMap' && apiVersion === 'v1';
    const scrubbed: Record<string, unknown> = {};
    for (const [field, value] of Object.entries(rest)) {
      if (isSecret && field === 'data') scrubbed[field] = this.#mapKeys(this.#secretData(object));
      else if (isConfigMap && field === 'binaryData')
        scrubbed[field] = this.#mapKeys(this.#binaryData(value));
      else if (field === 'subjects' && Array.isArray(value))
        scrubbed[field] = value.map((one) => this.#subject(one));
      else scrubbed[field] = this.#value(value, field);
    }
    const result: KubeObject = { apiVersion, kind, metadata: this.#metadata(object), ...scrubbed };
    if (kind === 'Node' && apiVersion === 'v1') this.#nodeIds(result);
    return result;
  }

  #metadata({ metadata }: KubeObject): KubeObject['metadata'] {
    const marks = (of: Record<string, string>): Record<string, string> =>
      Object.fromEntries(
        Object.entries(of).map(([key, value]) => [
          this.#key(key),
          personKeys.test(key) ? this.#person(value) : (this.#value(value, key) as string),
        ]),
      );
    const { name, namespace, labels, annotations, ...others } = metadata;
    return {
      name: this.identities.nodes.get(name) ?? this.text(name),
      ...(namespace === undefined ? {} : { namespace: this.text(namespace) }),
      ...others,
      ...(labels === undefined ? {} : { labels: marks(labels) }),
      ...(annotations === undefined ? {} : { annotations: marks(annotations) }),
    };
  }

  /** What programs write under such a key (`owner: helm`) is known by being a plain usual word: it stays. */
  #person(value: string): string {
    const text = this.text(value);
    if (text !== value || value === '' || value === 'helm' || this.identities.namespaces.has(value))
      return text;
    return this.identities.person(value);
  }

  #subject(subject: unknown): unknown {
    const { kind, name } = subject as { kind?: string; name?: string };
    if ((kind !== 'User' && kind !== 'Group') || name === undefined || name.startsWith('system:'))
      return this.#value(subject, '');
    if (name.includes('@')) return { ...(subject as object), name: this.text(name) };
    const to = kind === 'User' ? this.identities.person(name) : this.identities.pseudonyms.of('group', name);
    return { ...(subject as object), name: to };
  }

  #secretData(secret: KubeObject): Record<string, string> {
    const data = replaceSecretData(secret, this.random);
    this.#secretValues += Object.keys(data).length;
    return data;
  }

  #binaryData(value: unknown): Record<string, string> {
    return Object.fromEntries(
      Object.entries(value as Record<string, string>).map(([key, text]) => {
        this.#secretValues += 1;
        return [key, randomValue(Buffer.byteLength(text, 'base64'), this.random).toString('base64')];
      }),
    );
  }

  #mapKeys(map: Record<string, string>): Record<string, string> {
    return Object.fromEntries(Object.entries(map).map(([key, value]) => [this.#key(key), value]));
  }

  #value(value: unknown, key: string): unknown {
    if (typeof value === 'string') return this.#field(value, key);
    if (Array.isArray(value)) return this.#items(value, key);
    if (typeof value !== 'object' || value === null) return value;
    const map = value as Record<string, unknown>;
    const isSecretVariable = typeof map['name'] === 'string' && isSecretKey(map['name']);
    const selects = typeof map['key'] === 'string' && nodeKeys.has(map['key']) ? map['key'] : undefined;
    return Object.fromEntries(
      Object.entries(map).map(([field, one]) => [
        this.#key(field),
        isSecretVariable && field === 'value' && typeof one === 'string'
          ? this.#secrets.replaceValue(one)
          : this.#value(one, field === 'values' ? (selects ?? field) : field),
      ]),
    );
  }

  #items(items: readonly unknown[], key: string): unknown[] {
    return items.map((item, at) => {
      const before: unknown = items[at - 1];
      const isFlagValue = typeof before === 'string' && before.startsWith('-') && isSecretKey(before);
      if (isFlagValue && typeof item === 'string' && !item.startsWith('-'))
        return this.#secrets.replaceValue(item);
      return this.#value(item, key);
    });
  }

  #field(value: string, key: string): string {
    const node = nodeKeys.has(key) ? this.identities.nodes.get(value) : undefined;
    if (node !== undefined) return node;
    if (isSecretKey(key)) return this.#secrets.replaceValue(value);
    // An image's name is a program's: only where it is fetched from says something.
    if (key === 'image' || key === 'imageID') return this.#hosts(value);
    return this.text(value);
  }

  /** The part of a key before the slash is whose key it is, and stays. */
  #key(key: string): string {
    const slash = key.indexOf('/') + 1;
    return key.slice(0, slash) + this.text(key.slice(slash));
  }

  /** A text without what identifies somebody or something, and without secrets in it. */
  text(text: string): string {
    let result = this.#seen.get(text);
    if (result === undefined) {
      result = this.#secrets
        .replaceIn(text)
        .replaceAll(emailPattern, (_all, local: string) => `${this.identities.person(local)}@example.com`)
        .replaceAll(token, (word) => this.#word(word))
        .replaceAll(ipv6, (address) => this.identities.addresses.get(address.toLowerCase()) ?? address);
      // Long texts come once.
      if (text.length < 1000) this.#seen.set(text, result);
    }
    return result;
  }

  #hosts(text: string): string {
    return text.replaceAll(token, (word) => this.#host(word) ?? word);
  }

  #word(word: string): string {
    const { identities } = this;
    const whole = identities.words.get(wordKey(word));
    if (whole !== undefined) return whole;
    if (isIP(word) !== 0) {
      const known = identities.addresses.get(word);
      return known ?? (isPublicAddress(word) ? identities.pseudonyms.of('address', word) : word);
    }
    return this.#host(word) ?? this.#parts(word);
  }

  /** A host name of a domain that is replaced: a name of its own under the domain's new one. */
  #host(word: string): string | undefined {
    const { domains, namespaces, protectedNames, pseudonyms } = this.identities;
    if (!word.includes('.') || protectedNames.has(word)) return undefined;
    const domain = privateDomainOf(word, namespaces);
    const to = domain === undefined ? undefined : domains.get(domain);
    if (domain === undefined || to === undefined) return undefined;
    const lower = word.toLowerCase();
    return lower === domain ? to : `${pseudonyms.of('host', lower)}.${to}`;
  }

  /** Names that are a part of a longer one: `etcd-<node>`, `<node>.node-password.k3s`. */
  #parts(word: string): string {
    const { words, firstParts } = this.identities;
    const pieces = word.split(/([-._])/u);
    if (pieces.length === 1 || pieces.length > 2 * mostParts) return word;
    let result = '';
    for (let from = 0; from < pieces.length; from++) {
      let to: string | undefined;
      if (from % 2 === 0 && firstParts.has((pieces[from] ?? '').toLowerCase())) {
        for (let end = pieces.length; end > from && to === undefined; end -= 2) {
          to = words.get(wordKey(pieces.slice(from, end).join('')));
          if (to !== undefined) from = end - 1;
        }
      }
      result += to ?? pieces[from] ?? '';
    }
    return result;
  }

  /** The machine's own ids, and where its cloud keeps it. */
  #nodeIds(node: KubeObject): void {
    const info = (node['status'] as { nodeInfo?: Record<string, string> } | undefined)?.nodeInfo;
    if (info === undefined) return;
    const uuid = (): string =>
      this.random
        .bytes(16)
        .toString('hex')
        .replace(/(.{8})(.{4})(.{4})(.{4})/u, '$1-$2-$3-$4-');
    if (info['machineID'] !== undefined) info['machineID'] = this.random.bytes(16).toString('hex');
    for (const field of ['systemUUID', 'bootID']) if (info[field] !== undefined) info[field] = uuid();
  }
}
