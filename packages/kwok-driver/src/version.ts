/** Major, minor, patch. */
export type Version = readonly [number, number, number];

/** The first `1.2.3` (or `v1.2.3-rc.1`) in `text`; undefined when there is none. */
export function parseVersion(text: string): Version | undefined {
  const match = /\bv?(\d{1,9})\.(\d{1,9})\.(\d{1,9})/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** Whether `version` is older than `minimum`. */
export function isOlder(version: Version, minimum: Version): boolean {
  const at = version.findIndex((part, index) => part !== minimum[index]);
  return at !== -1 && version[at]! < minimum[at]!;
}

/** `v1.2.3` */
export function formatVersion(version: Version): string {
  return `v${version.join('.')}`;
}
