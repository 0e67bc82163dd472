import type { KubeObject } from '../object.js';
import { bareText, parseObject } from './text.js';

/** Characters of text in one generation; parsed they take a few times as many bytes. */
const GENERATION_CHARS = 1_000_000;

/**
 * Objects by their stored texts, without managedFields, for readers that don't change them. While a cluster settles,
 * its controllers read the same few objects again and again, mostly those just written; in a settled process nothing
 * of it is used, and the collector takes its place.
 */
export class ParsedTexts {
  #young = new Map<string, KubeObject>();
  #old = new Map<string, KubeObject>();
  #chars = 0;

  /** @param maxChars of texts in each of the two generations that are kept. */
  constructor(private readonly maxChars = GENERATION_CHARS) {}

  /** The object of the text; shared, not to be changed. */
  get(apiVersion: string, kind: string, text: string): KubeObject {
    const young = this.#young.get(text);
    if (young?.kind === kind && young.apiVersion === apiVersion) return young;
    const old = this.#old.get(text);
    const isKnown = old?.kind === kind && old.apiVersion === apiVersion;
    const object = isKnown ? old : shareable(parseObject(apiVersion, kind, bareText(text)));
    this.#add(text, object);
    return object;
  }

  /**
   * Notes an object of a built-in kind that has just been stored, which must not be changed any more, so that who
   * reads it next need not parse it.
   *
   * @param previous the text that it has replaced
   */
  stored(text: string, object: KubeObject, previous: string | undefined): void {
    if (previous !== undefined && this.#young.delete(previous)) this.#chars -= previous.length;
    this.#add(text, shareable(withoutCompactFields(object)));
  }

  #add(text: string, object: KubeObject): void {
    this.#chars += text.length;
    if (this.#chars > this.maxChars) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#chars = text.length;
    }
    this.#young.set(text, object);
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
