import { isIP, isIPv4 } from 'node:net';
import type { Environment } from '@marcbachmann/cel-js';
import { CelFault } from './fault.js';

/** An IP address in an expression. */
export class CelAddress {
  constructor(
    readonly value: bigint,
    readonly bits: 32 | 128,
  ) {}

  static parse(text: string): CelAddress {
    const address = CelAddress.tryParse(text);
    if (address === undefined)
      throw new CelFault(
        `IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): unable to parse IP`,
      );
    return address;
  }

  /** Undefined for zones and for IPv4 addresses in the form of IPv6, which Kubernetes refuses. */
  static tryParse(text: string): CelAddress | undefined {
    if (isIP(text) === 0 || text.includes('%')) return undefined;
    if (isIPv4(text)) return new CelAddress(fromGroups(text.split('.').map(Number), 8n), 32);
    const address = new CelAddress(fromGroups(groupsOf(text), 16n), 128);
    return address.value >> 32n === 0xffffn ? undefined : address;
  }

  /** True if the address has the prefix (its leading bits) of the other. */
  isWithin(prefix: CelAddress, length: number): boolean {
    if (this.bits !== prefix.bits) return false;
    const rest = BigInt(this.bits - length);
    return this.value >> rest === prefix.value >> rest;
  }

  masked(length: number): CelAddress {
    const rest = BigInt(this.bits - length);
    return new CelAddress((this.value >> rest) << rest, this.bits);
  }

  /** The canonical text: RFC 5952 for IPv6. */
  toString(): string {
    if (this.bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (this.value >> shift) & 255n).join('.');
    const groups = Array.from({ length: 8 }, (_none, index) =>
      ((this.value >> BigInt(112 - index * 16)) & 0xffffn).toString(16),
    );
    const zeros = longestZeros(groups);
    if (zeros === undefined) return groups.join(':');
    return `${groups.slice(0, zeros.from).join(':')}::${groups.slice(zeros.from + zeros.length).join(':')}`;
  }
}

const fromGroups = (groups: readonly number[], bits: bigint): bigint =>
  groups.reduce((value, group) => (value << bits) | BigInt(group), 0n);

function groupsOf(text: string): number[] {
  const dotted = /[^:]*\.[^:]*$/.exec(text)?.[0];
  const plain =
    dotted === undefined
      ? text
      : text.slice(0, -dotted.length) +
        (([a = 0, b = 0, c = 0, d = 0]: number[]) =>
          `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`)(dotted.split('.').map(Number));
  const [head = '', tail] = plain.split('::');
  const parse = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => parseInt(group, 16));
  const [before, after] = [parse(head), parse(tail ?? '')];
  return tail === undefined
    ? before
    : [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

/** The longest run of at least two zero groups, the first of several. */
function longestZeros(groups: readonly string[]): { from: number; length: number } | undefined {
  let best: { from: number; length: number } | undefined;
  for (let from = 0; from < groups.length; from += 1) {
    let length = 0;
    while (groups[from + length] === '0') length += 1;
    if (length > (best?.length ?? 1)) best = { from, length };
    from += length;
  }
  return best;
}

/** An IP range in an expression. */
export class CelRange {
  constructor(
    readonly address: CelAddress,
    readonly length: number,
  ) {}

  static parse(text: string): CelRange {
    const range = CelRange.tryParse(text);
    if (range === undefined)
      throw new CelFault(
        `network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)})`,
      );
    return range;
  }

  static tryParse(text: string): CelRange | undefined {
    const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
    const address = match === null ? undefined : CelAddress.tryParse(match[1] ?? '');
    const length = Number(match?.[2]);
    return address === undefined || length > address.bits ? undefined : new CelRange(address, length);
  }

  contains(address: CelAddress): boolean {
    return address.isWithin(this.address, this.length);
  }

  includes(other: CelRange): boolean {
    return other.length >= this.length && this.contains(other.address);
  }

  toString(): string {
    return `${this.address.toString()}/${this.length}`;
  }
}

const within = (address: CelAddress, range: string): boolean => CelRange.parse(range).contains(address);

class AddressNamespace {}

const isLoopback = (address: CelAddress): boolean =>
  within(address, '127.0.0.0/8') || within(address, '::1/128');
const isUnspecified = (address: CelAddress): boolean => address.value === 0n;
const isLinkLocalMulticast = (address: CelAddress): boolean =>
  within(address, '224.0.0.0/24') || within(address.masked(16), 'ff02::/16');
const isLinkLocalUnicast = (address: CelAddress): boolean =>
  within(address, '169.254.0.0/16') || within(address, 'fe80::/10');
const isGlobalUnicast = (address: CelAddress): boolean =>
  !isUnspecified(address) &&
  !isLoopback(address) &&
  !isLinkLocalUnicast(address) &&
  !within(address, '224.0.0.0/4') &&
  !within(address, 'ff00::/8') &&
  !(address.bits === 32 && address.value === 0xffffffffn);

/** k8s.io/apiserver `pkg/cel/library/ip.go` and `cidr.go`. */
export function registerAddresses(environment: Environment): void {
  environment
    .registerType('net.IP', CelAddress)
    .registerType('net.CIDR', CelRange)
    .registerType('net.Namespace', AddressNamespace)
    .registerConstant('ip', 'net.Namespace', new AddressNamespace())
    .registerFunction(
      'net.Namespace.isCanonical(string): bool',
      (_namespace: unknown, text: string) => CelAddress.parse(text).toString() === text,
    )
    .registerFunction('ip(string): net.IP', (text: string) => CelAddress.parse(text))
    .registerFunction('isIP(string): bool', (text: string) => CelAddress.tryParse(text) !== undefined)
    .registerFunction('string(net.IP): string', (address: CelAddress) => address.toString())
    .registerFunction('net.IP.family(): int', ({ bits }: CelAddress) => (bits === 32 ? 4n : 6n))
    .registerFunction('net.IP.isUnspecified(): bool', isUnspecified)
    .registerFunction('net.IP.isLoopback(): bool', isLoopback)
    .registerFunction('net.IP.isLinkLocalMulticast(): bool', isLinkLocalMulticast)
    .registerFunction('net.IP.isLinkLocalUnicast(): bool', isLinkLocalUnicast)
    .registerFunction('net.IP.isGlobalUnicast(): bool', isGlobalUnicast)
    .registerOperator(
      'net.IP == net.IP',
      (a: CelAddress, b: CelAddress) => a.bits === b.bits && a.value === b.value,
    )
    .registerFunction('cidr(string): net.CIDR', (text: string) => CelRange.parse(text))
    .registerFunction('isCIDR(string): bool', (text: string) => CelRange.tryParse(text) !== undefined)
    .registerFunction('string(net.CIDR): string', (range: CelRange) => range.toString())
    .registerFunction('net.CIDR.containsIP(string): bool', (range: CelRange, text: string) =>
      range.contains(CelAddress.parse(text)),
    )
    .registerFunction('net.CIDR.containsIP(net.IP): bool', (range: CelRange, address: CelAddress) =>
      range.contains(address),
    )
    .registerFunction('net.CIDR.containsCIDR(string): bool', (range: CelRange, text: string) =>
      range.includes(CelRange.parse(text)),
    )
    .registerFunction('net.CIDR.containsCIDR(net.CIDR): bool', (range: CelRange, other: CelRange) =>
      range.includes(other),
    )
    .registerFunction('net.CIDR.ip(): net.IP', ({ address }: CelRange) => address)
    .registerFunction('net.CIDR.prefixLength(): int', ({ length }: CelRange) => BigInt(length))
    .registerFunction(
      'net.CIDR.masked(): net.CIDR',
      ({ address, length }: CelRange) => new CelRange(address.masked(length), length),
    )
    .registerOperator('net.CIDR == net.CIDR', (a: CelRange, b: CelRange) => a.toString() === b.toString());
}
