import { RecentTexts } from '../codec/recent-texts.js';
import type { KubeObject } from '../object.js';
import { bareText, parseObject } from './text.js';

/** Characters of text in one of two generations; parsed they take a few times as many bytes. */
const GENERATION_CHARS = 1_000_000;

/**
 * Objects by their stored texts, without managedFields, for readers that don't change them. While a cluster settles,
 * its controllers read the same few objects again and again, mostly those just written; in a settled process nothing
 * of it is used, and the collector takes its place.
 */
export class ParsedTexts {
  readonly #objects: RecentTexts<KubeObject>;

  /** @param maxChars of texts in each of the two generations that are kept. */
  constructor(maxChars = GENERATION_CHARS) {
    this.#objects = new RecentTexts(maxChars);
  }

  /** The object of the text; shared, not to be changed. */
  get(apiVersion: string, kind: string, text: string): KubeObject {
    const known = this.#objects.get(text);
    if (known?.kind === kind && known.apiVersion === apiVersion) return known;
    const object = shareable(parseObject(apiVersion, kind, bareText(text)));
    this.#objects.set(text, object);
    return object;
  }

  /**
   * Notes an object of a built-in kind that has just been stored, which must not be changed any more, so that who
   * reads it next need not parse it.
   *
   * @param previous the text that it has replaced
   */
  stored(text: string, object: KubeObject, previous: string | undefined): void {
    if (previous !== undefined) this.#objects.delete(previous);
    this.#objects.set(text, shareable(withoutCompactFields(object)));
  }
}

function withoutCompactFields(object: KubeObject): KubeObject {
  if (typeof object.metadata.managedFields !== 'string') return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Freezing costs as much as parsing, so only tests find out who changes what is shared. */
const FREEZES = process.env['NODE_ENV'] === 'test';

const shareable = (object: KubeObject): KubeObject => (FREEZES ? deepFreeze(object) : object);

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const field of Object.values(value)) deepFreeze(field);
    Object.freeze(value);
  }
  return value;
}
