import type { Environment } from '@marcbachmann/cel-js';
import { formatCheck } from '../structural/formats.js';
import {
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  labelValue,
  qualifiedName,
} from '../validation/names.js';
import { celOptional } from './library.js';
import { CelUrl } from './urls.js';

type Faults = (text: string) => readonly string[];

/** A named format in an expression. */
class CelFormat {
  constructor(readonly faults: Faults) {}
}

class FormatNamespace {}

/** A prefix may end in a dash: what follows it is added by the server. */
const prefixed =
  (faults: Faults): Faults =>
  (text) =>
    faults(text.endsWith('-') && text.length > 1 ? `${text.slice(0, -1)}a` : text);

const checked =
  (format: string, fault: string): Faults =>
  (text) =>
    formatCheck(format)?.(text) === true ? [] : [fault];

const formats: Readonly<Record<string, CelFormat>> = Object.fromEntries(
  Object.entries<Faults>({
    dns1123Label,
    dns1123Subdomain,
    dns1035Label,
    qualifiedName,
    dns1123LabelPrefix: prefixed(dns1123Label),
    dns1123SubdomainPrefix: prefixed(dns1123Subdomain),
    dns1035LabelPrefix: prefixed(dns1035Label),
    labelValue,
    uri: (text) =>
      CelUrl.tryParse(text) === undefined ? [`parse ${JSON.stringify(text)}: invalid URI for request`] : [],
    uuid: checked('uuid', 'does not match the UUID format'),
    byte: checked('byte', 'invalid base64'),
    date: checked('date', 'invalid date'),
    datetime: checked('datetime', 'invalid datetime'),
  }).map(([name, faults]) => [name, new CelFormat(faults)]),
);

/** k8s.io/apiserver `pkg/cel/library/format.go`. */
export function registerFormats(environment: Environment): void {
  environment
    .registerType('kubernetes.NamedFormat', CelFormat)
    .registerType('kubernetes.FormatNamespace', FormatNamespace)
    .registerConstant('format', 'kubernetes.FormatNamespace', new FormatNamespace())
    .registerFunction(
      'kubernetes.FormatNamespace.named(string): optional<kubernetes.NamedFormat>',
      (_namespace: unknown, name: string) =>
        celOptional(Object.hasOwn(formats, name) ? formats[name] : undefined),
    )
    .registerFunction(
      'kubernetes.NamedFormat.validate(string): optional<list<string>>',
      ({ faults }: CelFormat, text: string) => {
        const found = [...faults(text)];
        return celOptional(found.length === 0 ? undefined : found);
      },
    );
  for (const [name, format] of Object.entries(formats))
    environment.registerFunction(
      `kubernetes.FormatNamespace.${name}(): kubernetes.NamedFormat`,
      () => format,
    );
}
