import { isAlias, isMap, isNode, isPair, isSeq, LineCounter, parseAllDocuments, type Document } from 'yaml';
import { TemplateError } from '../errors.js';

/** Position of a value inside its document: `['nodes', 1, 'name']`. */
export type ValuePath = readonly (string | number)[];

const placeholder = '{{cluster-name}}';
/** Stands for the placeholder while YAML is read: unquoted, its braces would begin a flow mapping. */
const mark = '\uE10Bcluster-name\uE10C';

/** The documents of a template file, which know where each of their values stands. */
export class TemplateSource {
  readonly #lines: LineCounter;
  readonly documents: readonly Document[];

  /** Throws {@link TemplateError} at the first mistake in the YAML. */
  constructor(
    readonly file: string,
    text: string,
  ) {
    this.#lines = new LineCounter();
    const parsed = parseAllDocuments(text.replaceAll(placeholder, mark), {
      lineCounter: this.#lines,
      prettyErrors: false,
    });
    this.documents =
      'empty' in parsed ? [] : parsed.filter((one) => one.contents !== null || one.errors.length > 0);
    for (const document of this.documents) {
      const [error] = document.errors;
      if (error === undefined) continue;
      throw new TemplateError(
        file,
        this.#lines.linePos(error.pos[0]).line,
        '',
        `not valid YAML: ${unmarked(error.message)}`,
      );
    }
  }

  /** Plain values of a document. Throws {@link TemplateError} for aliases that nest too far. */
  value(index: number): unknown {
    const document = this.documents[index];
    try {
      const value: unknown = document?.toJS({ maxAliasCount: 100 });
      return value === undefined ? undefined : (JSON.parse(unmarked(JSON.stringify(value))) as unknown);
    } catch (error) {
      throw new TemplateError(this.file, this.line(index, []), '', (error as Error).message, {
        cause: error,
      });
    }
  }

  /** The line of the value, or of the nearest thing around it that exists. */
  line(index: number, path: ValuePath): number {
    const document = this.documents[index];
    let node: unknown = document?.contents;
    let offset = isNode(node) ? node.range?.[0] : undefined;
    for (const step of path) {
      if (isAlias(node)) node = document === undefined ? undefined : node.resolve(document);
      if (isMap(node)) {
        const pair = node.items.find((one) => isPair(one) && unmarked(String(one.key)) === String(step));
        if (pair === undefined) break;
        offset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
        node = pair.value;
      } else if (isSeq(node)) {
        node = node.items[Number(step)];
        if (isNode(node)) offset = node.range?.[0] ?? offset;
      } else break;
    }
    return offset === undefined ? 1 : this.#lines.linePos(offset).line;
  }

  /** An error at a value of a document. */
  error(index: number, path: ValuePath, reason: string): TemplateError {
    return new TemplateError(this.file, this.line(index, path), pathText(path), reason);
  }
}

/** `nodes[1].capacity.cpu` */
export function pathText(path: ValuePath): string {
  return path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : `${text}${text === '' ? '' : '.'}${step}`,
    '',
  );
}

const unmarked = (text: string): string => text.replaceAll(mark, placeholder);
