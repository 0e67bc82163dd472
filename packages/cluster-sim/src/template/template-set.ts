import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UnknownTemplateError } from '../errors.js';
import { loadTemplate, type Template } from './load.js';

export interface TemplateSetOptions {
  /** The template of clusters that ask for none; written if it is missing. */
  defaultFile: string;
  /** Further templates, each `<name>.yaml`. */
  folder: string;
}

export const defaultTemplateName = 'default';

/** A name that is also a safe file name. */
const namePattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** The templates of a home. Each file is read when the first cluster needs it and stays as it was read. */
export class TemplateSet {
  readonly #loaded = new Map<string, Template>();

  /** Reads the default template. Throws TemplateError. */
  constructor(private readonly options: TemplateSetOptions) {
    this.#loaded.set(defaultTemplateName, loadTemplate(options.defaultFile));
  }

  /** The template of that name; the default one of undefined. Throws UnknownTemplateError, TemplateError. */
  get(name: string = defaultTemplateName): Template {
    const known = this.#loaded.get(name);
    if (known !== undefined) return known;
    // Not the names in the folder alone: what has been listed before may be gone.
    if (!namePattern.test(name) || !this.names().includes(name))
      throw new UnknownTemplateError(name, this.names());
    const template = loadTemplate(join(this.options.folder, `${name}.yaml`));
    this.#loaded.set(name, template);
    return template;
  }

  /** All that can be asked for, the default one first. */
  names(): string[] {
    const found = filesIn(this.options.folder)
      .flatMap((file) => /^(.+)\.yaml$/.exec(file)?.[1] ?? [])
      .filter((name) => name !== defaultTemplateName && namePattern.test(name));
    return [defaultTemplateName, ...found.sort()];
  }

  /** Of a template that has been read; undefined before. */
  loaded(name: string = defaultTemplateName): Template | undefined {
    return this.#loaded.get(name);
  }
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
