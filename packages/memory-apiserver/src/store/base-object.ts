import type { Bits128, ClusterIdentity } from './identity.js';
import { BASE_EPOCH_MS, mixUid, timestamp } from './identity.js';
import { CLUSTER_NAME_PLACEHOLDER, fillPlaceholders, PLACEHOLDER_PATTERN, valueOf } from './placeholders.js';

/** Stands for the cluster's CA certificate (PEM) in a base object's strings. */
export const CA_CERT_PLACEHOLDER = '{{ca-cert}}';

/** Stands for the cluster's creation time; later times of that day for as much later. */
export const CREATED_MARK = timestamp(BASE_EPOCH_MS);
/** Stands for the object's resourceVersion; private-use characters aren't in valid objects. */
export const REVISION_MARK = '\uE000revision\uE000';

type Slot = (identity: ClusterIdentity) => string;

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const BASE_TIME = '1971-01-01T\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{6})?Z';
const SLOTS = new RegExp(
  `${PLACEHOLDER_PATTERN}|${CA_CERT_PLACEHOLDER}|${REVISION_MARK}|${BASE_TIME}|${UUID}`,
  'g',
);

/** A text cut where clusters differ: a slot between any two parts. */
interface CutText {
  readonly parts: readonly string[];
  readonly slots: readonly Slot[];
}

/** JSON text of a string without its quotes, to stand inside a longer JSON string. */
const inner = (text: string): string => JSON.stringify(text).slice(1, -1);

/**
 * The text in one byte per character where it is ASCII: V8 gives parts of a text with marks in it two, and so all that is
 * put together of them, which then takes several times as long to write.
 */
const narrow = (text: string): string => Buffer.from(text).toString();

/**
 * An object of a base: its JSON text, cut where clusters differ. Rendering it for a cluster is a concatenation of
 * a few strings; nothing is kept per cluster.
 */
export class BaseObject {
  /** From the first rendering on: most objects of most bases are never read. */
  #cut: CutText | undefined;

  /**
   * @param keyTemplate its key, may have placeholders in it.
   * @param ordinal its place in the base; gives its resourceVersion.
   * @param text JSON of the object with placeholders and marks.
   * @param hashOf hash of the base object that has the uid in its `text`.
   */
  constructor(
    readonly keyTemplate: string,
    readonly ordinal: number,
    private readonly text: () => string,
    private readonly hashOf: (uid: string) => Bits128 | undefined,
  ) {}

  #cutText(): CutText {
    const text = this.text();
    const parts: string[] = [];
    const slots: Slot[] = [];
    let from = 0;
    for (const match of text.matchAll(SLOTS)) {
      const slot = this.#slotFor(match[0]);
      if (slot === undefined) continue;
      parts.push(narrow(text.slice(from, match.index)));
      slots.push(slot);
      from = match.index + match[0].length;
    }
    parts.push(narrow(text.slice(from)));
    return { parts, slots };
  }

  #slotFor(mark: string): Slot | undefined {
    if (mark === CLUSTER_NAME_PLACEHOLDER) return (identity) => inner(identity.name);
    if (mark === CA_CERT_PLACEHOLDER) return (identity) => inner(identity.caCert);
    if (mark === REVISION_MARK) return (identity) => String(this.revision(identity));
    if (mark.startsWith('1971-')) return timeSlot(mark);
    if (mark.startsWith('v')) return (identity) => valueOf(mark, identity);
    const hash = this.hashOf(mark);
    return hash === undefined ? undefined : (identity) => mixUid(identity.seed, hash);
  }

  revision(identity: ClusterIdentity): number {
    return identity.baseRevision + this.ordinal;
  }

  key(identity: ClusterIdentity): string {
    return fillPlaceholders(this.keyTemplate, identity);
  }

  /** The object's JSON text in the given cluster. */
  render(identity: ClusterIdentity): string {
    const { parts, slots } = (this.#cut ??= this.#cutText());
    let text = parts[0] ?? '';
    for (let index = 0; index < slots.length; index += 1) {
      text += (slots[index]?.(identity) ?? '') + (parts[index + 1] ?? '');
    }
    return text;
  }
}

/** A time on the day of {@link BASE_EPOCH_MS}, with whole seconds or microseconds. */
function timeSlot(mark: string): Slot {
  const offset = Date.parse(mark) - BASE_EPOCH_MS;
  if (mark.includes('.')) return ({ createdAt }) => microTimestamp(Date.parse(createdAt) + offset);
  if (offset === 0) return ({ createdAt }) => createdAt;
  return ({ createdAt }) => timeAfter(createdAt, offset);
}

/** Times of the cluster that was rendered last, by offset: a list of pods has the same few over and over. */
const recent = { createdAt: '', texts: new Map<number, string>() };

function timeAfter(createdAt: string, offset: number): string {
  if (recent.createdAt !== createdAt) {
    recent.createdAt = createdAt;
    recent.texts.clear();
  }
  let text = recent.texts.get(offset);
  if (text === undefined) {
    text = timestamp(Date.parse(createdAt) + offset);
    recent.texts.set(offset, text);
  }
  return text;
}

/** metav1.MicroTime of whole milliseconds. */
const microTimestamp = (milliseconds: number): string =>
  `${new Date(milliseconds).toISOString().slice(0, -1)}000Z`;
