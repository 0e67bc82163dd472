import { yaml } from '../yaml.js';
/** As many as Go's strict decoder tells of (sigs.k8s.io/json `saveStrictError`). */
const maxDuplicates = 100;

/** True if the value gives the text again, as with most clients: then no key came twice. */
function isTextOf(value: unknown, text: string): boolean {
  const end = text.endsWith('\n') ? text.length - 1 : text.length;
  const same = JSON.stringify(value);
  return same.length === end && text.startsWith(same);
}

/**
 * Paths of the keys that valid JSON has twice in an object, such as `spec.containers[0].name`, each once.
 *
 * @param value what the text was read as, which often saves a look at it
 */
export const duplicateJsonKeys = (text: string, value: unknown): string[] =>
  isTextOf(value, text) ? [] : new JsonScan(text).duplicates();

/** Walks over the values of a JSON text that is known to be well-formed. */
class JsonScan {
  #at = 0;
  readonly #found = new Set<string>();

  constructor(readonly text: string) {}

  duplicates(): string[] {
    this.#value('');
    return [...this.#found].slice(0, maxDuplicates);
  }

  #value(path: string): void {
    switch (this.#peek()) {
      case '{':
        return this.#object(path);
      case '[':
        return this.#array(path);
      case '"':
        this.#string();
        return;
      default:
        // A number or a word goes on to the next separator.
        while (this.#at < this.text.length && !/[\s,\]}]/.test(this.text.charAt(this.#at))) this.#at++;
    }
  }

  #object(path: string): void {
    const seen = new Set<string>();
    this.#at++;
    while (this.#peek() !== '}') {
      if (this.#peek() === ',') this.#at++;
      this.#peek();
      const key = this.#string();
      const child = path === '' ? key : `${path}.${key}`;
      if (seen.has(key)) this.#found.add(child);
      seen.add(key);
      this.#peek();
      this.#at++; // The colon.
      this.#value(child);
    }
    this.#at++;
  }

  #array(path: string): void {
    this.#at++;
    for (let index = 0; this.#peek() !== ']'; index++) {
      if (this.#peek() === ',') this.#at++;
      this.#value(`${path}[${index}]`);
    }
    this.#at++;
  }

  #string(): string {
    const start = this.#at++;
    while (this.text[this.#at] !== '"') this.#at += this.text[this.#at] === '\\' ? 2 : 1;
    this.#at++;
    return JSON.parse(this.text.slice(start, this.#at)) as string;
  }

  /** The next character that is no space. */
  #peek(): string {
    while (/\s/.test(this.text.charAt(this.#at))) this.#at++;
    return this.text.charAt(this.#at);
  }
}

/**
 * What Go's strict YAML decoder has against a text: `line 9: key "foo" already set in map`.
 *
 * @param value what the text was read as, which often saves a look at it
 */
export function duplicateYamlKeys(text: string, value: unknown): string[] {
  if (isTextOf(value, text)) return [];
  const { LineCounter, parseDocument } = yaml();
  const lineCounter = new LineCounter();
  const { errors } = parseDocument(text, { lineCounter, logLevel: 'silent', prettyErrors: false });
  return errors
    .filter(({ code }) => code === 'DUPLICATE_KEY')
    .map(({ pos: [start] }) => {
      const { line } = lineCounter.linePos(start);
      const key = /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([^:\n]*))/.exec(text.slice(start));
      const name = (key?.[1] ?? key?.[2] ?? key?.[3] ?? '').trim();
      return `line ${line}: key ${JSON.stringify(name)} already set in map`;
    });
}
