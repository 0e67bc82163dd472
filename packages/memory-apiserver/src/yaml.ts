import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';

let loaded: typeof Yaml | undefined;

/**
 * The package `yaml`, loaded when it is first needed: most processes only ever speak JSON and protobuf, and it would
 * take a good part of the time until their first answer.
 */
export const yaml = (): typeof Yaml => (loaded ??= createRequire(import.meta.url)('yaml') as typeof Yaml);
