import { isRecord } from '../../schema/read.js';
import { StageError, StageSyntaxError } from './errors.js';

type Fields = Readonly<Record<string, unknown>>;

/** Reads the fields of a Stage, refusing what isn't as the format says, with the field's path. */
export class StageFields {
  constructor(
    readonly stage: string,
    readonly path: string,
    private readonly fields: Fields,
    known: readonly string[],
  ) {
    for (const key of Object.keys(fields)) if (!known.includes(key)) throw this.error(key, 'unknown field');
  }

  error(key: string, reason: string): StageError {
    return new StageError(this.stage, key === '' ? this.path : `${this.path}.${key}`, reason);
  }

  /** Runs a compiler on the field's text. */
  compile<T>(key: string, text: string, compiler: (text: string) => T): T {
    try {
      return compiler(text);
    } catch (error) {
      if (error instanceof StageSyntaxError) throw this.error(key, error.message);
      throw error;
    }
  }

  has(key: string): boolean {
    return this.fields[key] !== undefined && this.fields[key] !== null;
  }

  text(key: string): string | undefined {
    return this.#typed(key, 'a text', (value): value is string => typeof value === 'string');
  }

  needText(key: string): string {
    const value = this.text(key);
    if (value === undefined || value === '') throw this.error(key, 'is required');
    return value;
  }

  flag(key: string): boolean {
    return this.#typed(key, 'true or false', (value) => typeof value === 'boolean') ?? false;
  }

  /** A whole number, not below zero. */
  count(key: string): number | undefined {
    return this.#typed(
      key,
      'a whole number, zero or more',
      (value): value is number => Number.isInteger(value) && (value as number) >= 0,
    );
  }

  texts(key: string): string[] | undefined {
    return this.#typed(
      key,
      'a list of texts',
      (value): value is string[] => Array.isArray(value) && value.every((item) => typeof item === 'string'),
    );
  }

  labels(key: string): [string, string][] {
    const value = this.#typed(
      key,
      'a map of texts',
      (fields): fields is Record<string, string> =>
        isRecord(fields) && Object.values(fields).every((item) => typeof item === 'string'),
    );
    return Object.entries(value ?? {});
  }

  object(key: string, known: readonly string[]): StageFields | undefined {
    const value = this.#typed(key, 'an object', isRecord);
    return value === undefined ? undefined : new StageFields(this.stage, `${this.path}.${key}`, value, known);
  }

  list(key: string, known: readonly string[]): StageFields[] {
    const isList = (value: unknown): value is Fields[] => Array.isArray(value) && value.every(isRecord);
    const items = this.#typed(key, 'a list of objects', isList) ?? [];
    return items.map((item, i) => new StageFields(this.stage, `${this.path}.${key}[${i}]`, item, known));
  }

  #typed<T>(key: string, expected: string, is: (value: unknown) => value is T): T | undefined {
    const value = this.fields[key];
    if (value === undefined || value === null) return undefined;
    if (!is(value)) throw this.error(key, `must be ${expected}`);
    return value;
  }
}
