/** The small texts of the ClusterInfo format, read and written as kubectl prints them. */

const ageUnits: Record<string, number> = { y: 31_536_000, d: 86_400, h: 3600, m: 60, s: 1 };

/** `42h`, `3d4h`, `5m30s` in seconds; undefined if it isn't an age. */
export function parseAge(text: string): number | undefined {
  if (!/^(\d+[ydhms])+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([ydhms])/g))
    seconds += Number(count) * (ageUnits[unit ?? ''] ?? 0);
  return seconds;
}

/** Seconds as kubectl prints an age (k8s.io/apimachinery `duration.HumanDuration`), at most two units. */
export function formatAge(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const split = (big: number, small: number): [number, number] => [
    Math.floor(whole / big),
    Math.floor((whole % big) / small),
  ];
  const pair = ([a, b]: [number, number], one: string, two: string, both: number): string =>
    a < both && b > 0 ? `${a}${one}${b}${two}` : `${a}${one}`;
  if (whole < 120) return `${whole}s`;
  if (whole < 3 * 3600) return pair(split(60, 1), 'm', 's', 10);
  if (whole < 2 * 86_400) return pair(split(3600, 60), 'h', 'm', 8);
  if (whole < 2 * 365 * 86_400) return pair(split(86_400, 3600), 'd', 'h', 8);
  return pair(split(365 * 86_400, 86_400), 'y', 'd', 8);
}

/** `1/2` as ready of total; undefined if it isn't that. */
export function parseReady(text: string): { ready: number; total: number } | undefined {
  const match = /^(\d{1,4})\/(\d{1,4})$/.exec(text);
  if (match === null) return undefined;
  const [ready, total] = [Number(match[1]), Number(match[2])];
  return ready <= total ? { ready, total } : undefined;
}

export interface ServicePort {
  port: number;
  nodePort?: number;
  protocol: 'TCP' | 'UDP' | 'SCTP';
}

/** `80:32522/TCP,443:32443/TCP`; the protocol may be missing. Undefined if it isn't that. */
export function parsePorts(text: string): ServicePort[] | undefined {
  const ports: ServicePort[] = [];
  for (const part of text.split(',')) {
    const match = /^\s*(\d{1,5})(?::(\d{1,5}))?(?:\/(TCP|UDP|SCTP))?\s*$/.exec(part);
    if (match === null) return undefined;
    const numbers = [match[1], match[2]].filter((one) => one !== undefined).map(Number);
    if (numbers.some((one) => one < 1 || one > 65_535)) return undefined;
    const [port = 0, nodePort] = numbers;
    ports.push({
      port,
      ...(nodePort === undefined ? {} : { nodePort }),
      protocol: (match[3] ?? 'TCP') as ServicePort['protocol'],
    });
  }
  return ports;
}

/** The opposite of {@link parsePorts}. */
export function formatPorts(ports: readonly ServicePort[]): string {
  return ports
    .map(
      ({ port, nodePort, protocol }) => `${port}${nodePort === undefined ? '' : `:${nodePort}`}/${protocol}`,
    )
    .join(',');
}

/** True for a Kubernetes quantity such as `3800m`, `8Gi`, `1e3` (apimachinery `resource.ParseQuantity`), not negative. */
export function isQuantity(text: string): boolean {
  return /^\+?(\d+(\.\d*)?|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/.test(text);
}
