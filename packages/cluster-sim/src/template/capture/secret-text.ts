import type { SeededRandom } from './seeded-random.js';

const words =
  'password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|encryption[_-]?key|credentials?';

/** Whether a field, variable or flag of this name holds a secret: `DB_PASSWORD`, `--token`, `apiKey`. */
export const isSecretKey = (name: string): boolean => secretKey.test(name);
const secretKey = new RegExp(`(?:${words})$`, 'iu');

const assignment = new RegExp(
  `((?:${words})["']?[ \\t]*[:=][ \\t]*)("[^"\\n]+"|'[^'\\n]+'|[^\\s"',;}&{|>[]+)`,
  'giu',
);
const pem = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/gu;
const jwt = /\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/gu;
const accessKey = /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/gu;
const userInfo = /(:\/\/)[^\s/:@"'<>]+:[^\s/@"'<>]+@/gu;
const plain = /^(?:true|false|null|none|\d+|\$\{?.*|\{\{.*|<.*>)$/iu;

/** Replaces secrets that stand in longer texts, and counts them. */
export class SecretTexts {
  count = 0;

  constructor(
    private readonly random: SeededRandom,
    /** Names of Secrets, which are no secrets. */
    private readonly secretNames: ReadonlySet<string>,
  ) {}

  /** A value that is a secret as a whole; what is none (a switch, a reference) stays. */
  replaceValue(value: string): string {
    const bare = value.replace(/^["']|["']$/gu, '');
    if (bare === '' || plain.test(bare) || this.secretNames.has(bare)) return value;
    return value.replace(bare, () => this.#word(bare.length));
  }

  /** All secrets in a text that can be told by their form, or by the name before them. */
  replaceIn(text: string): string {
    if (text.length < 8) return text;
    return text
      .replaceAll(pem, (_all, type: string, body: string) => {
        this.count += 1;
        const value = this.random
          .bytes(Math.max(48, Math.ceil((body.length * 3) / 4 / 48) * 48))
          .toString('base64');
        return `-----BEGIN ${type}-----\n${value.replaceAll(/.{64}/gu, '$&\n')}-----END ${type}-----`;
      })
      .replaceAll(jwt, (token) => this.#word(token.length))
      .replaceAll(accessKey, () => `AKIA${this.#word(16).toUpperCase()}`)
      .replaceAll(userInfo, (_all, before: string) => `${before}user:${this.#word(8)}@`)
      .replaceAll(assignment, (_all, before: string, value: string) => before + this.replaceValue(value));
  }

  #word(length: number): string {
    this.count += 1;
    return this.random.word(Math.min(64, Math.max(8, Math.ceil(length / 8) * 8)));
  }
}
