import type { Environment } from '@marcbachmann/cel-js';
import { CelFault } from './fault.js';

/** A URL in an expression, taken apart as Go's `url.ParseRequestURI` does. */
export class CelUrl {
  private constructor(
    readonly scheme: string,
    readonly host: string,
    readonly path: string,
    readonly query: string,
  ) {}

  static tryParse(text: string): CelUrl | undefined {
    if (/[\x00-\x20\x7f]/.test(text) || /%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
    const match = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?]*))?([^?]*)(?:\?(.*))?$/.exec(text);
    if (match === null) return undefined;
    const [, scheme = '', authority = '', path = '', query = ''] = match;
    if (scheme === '' && !text.startsWith('/')) return undefined;
    const host = authority.slice(authority.lastIndexOf('@') + 1);
    if (!/^(?:\[[0-9a-fA-F:.%]+\]|[^[\]:]*)(?::\d*)?$/.test(host)) return undefined;
    return new CelUrl(scheme.toLowerCase(), host, path, query);
  }

  static parse(text: string): CelUrl {
    const url = CelUrl.tryParse(text);
    if (url === undefined)
      throw new CelFault(
        `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
      );
    return url;
  }

  get hostname(): string {
    return this.host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
  }

  get port(): string {
    return /:(\d*)$/.exec(this.host)?.[1] ?? '';
  }

  get parameters(): Map<string, string[]> {
    const parameters = new Map<string, string[]>();
    for (const [name, value] of new URLSearchParams(this.query))
      parameters.set(name, [...(parameters.get(name) ?? []), value]);
    return parameters;
  }

  toString(): string {
    const authority = this.host === '' ? '' : `//${this.host}`;
    const query = this.query === '' ? '' : `?${this.query}`;
    return `${this.scheme === '' ? '' : `${this.scheme}:`}${authority}${this.path}${query}`;
  }
}

/** k8s.io/apiserver `pkg/cel/library/urls.go`. */
export function registerUrls(environment: Environment): void {
  environment
    .registerType('kubernetes.URL', CelUrl)
    .registerFunction('url(string): kubernetes.URL', (text: string) => CelUrl.parse(text))
    .registerFunction('isURL(string): bool', (text: string) => CelUrl.tryParse(text) !== undefined)
    .registerFunction('kubernetes.URL.getScheme(): string', ({ scheme }: CelUrl) => scheme)
    .registerFunction('kubernetes.URL.getHost(): string', ({ host }: CelUrl) => host)
    .registerFunction('kubernetes.URL.getHostname(): string', ({ hostname }: CelUrl) => hostname)
    .registerFunction('kubernetes.URL.getPort(): string', ({ port }: CelUrl) => port)
    .registerFunction('kubernetes.URL.getEscapedPath(): string', ({ path }: CelUrl) => path)
    .registerFunction(
      'kubernetes.URL.getQuery(): map<string, list<string>>',
      ({ parameters }: CelUrl) => parameters,
    )
    .registerOperator(
      'kubernetes.URL == kubernetes.URL',
      (a: CelUrl, b: CelUrl) => a.toString() === b.toString(),
    );
}
