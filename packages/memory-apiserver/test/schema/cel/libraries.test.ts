import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CelAddress } from '../../../src/schema/cel/addresses.js';
import { celEnvironment } from '../../../src/schema/cel/environment.js';
import { evaluationFault } from '../../../src/schema/cel/messages.js';
import { CelVersion } from '../../../src/schema/cel/semver.js';

const evaluate = (expression: string): unknown => celEnvironment().evaluate(expression);

describe('libraries of Kubernetes for CEL', () => {
  it.each([
    '[1, 2, 3].isSorted() && ![2, 1].isSorted()',
    '[1, 2, 3].sum() == 6 && [1.5, 2.5].sum() == 4.0',
    "[3, 1, 2].min() == 1 && ['b', 'a'].max() == 'b'",
    '[1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2 && [1].indexOf(5) == -1',
    'sets.contains([1, 2, 3], [2, 2]) && sets.equivalent([1, 2], [2, 1, 1]) && !sets.intersects([1], [2])',
    "'abc 123'.find('[0-9]+') == '123' && 'a1b2'.findAll('[0-9]') == ['1', '2'] && 'a1b2'.findAll('[0-9]', 1) == ['1']",
    "'hello'.replace('l', 'L') == 'heLLo' && 'hello'.replace('l', 'L', 1) == 'heLlo' && 'abc'.charAt(1) == 'b'",
    "'%s has %d of %.1f%%'.format(['x', 3, 1.25]) == 'x has 3 of 1.3%'",
    `strings.quote('a"b') == '"a\\\\"b"'`,
    "url('https://u@example.com:80/a%20b?x=1&x=2').getHost() == 'example.com:80'",
    "url('https://example.com/p?x=1&x=2').getQuery()['x'] == ['1', '2'] && url('/p').getScheme() == ''",
    "url('https://[::1]:80/').getHostname() == '::1' && url('https://[::1]:80/').getPort() == '80' && !isURL('../x')",
    "quantity('1.5Gi').isGreaterThan(quantity('1Gi')) && quantity('2k').asInteger() == 2000 && !isQuantity('x')",
    "quantity('50k').add(20).sub(quantity('100k')).sub(-50000).compareTo(quantity('20')) == 0",
    "quantity('1500m').isInteger() == false && quantity('-1').sign() == -1 && quantity('1500m').asApproximateFloat() == 1.5",
    "ip('192.168.0.1').family() == 4 && ip('2001:db8::abcd').family() == 6 && !isIP('::ffff:1.2.3.4')",
    "ip.isCanonical('2001:db8::abcd') && !ip.isCanonical('2001:DB8::ABCD')",
    "ip('127.0.0.1').isLoopback() && ip('fe80::1').isLinkLocalUnicast() && ip('::').isUnspecified() && ip('8.8.8.8').isGlobalUnicast()",
    "cidr('192.168.0.0/16').containsIP('192.168.1.1') && !cidr('192.168.0.0/24').containsIP(ip('192.168.1.1'))",
    "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && string(cidr('10.1.2.3/8').masked()) == '10.0.0.0/8' && cidr('10.0.0.0/8').prefixLength() == 8",
    "!format.dns1123Label().validate('ok').hasValue() && format.named('uuid').value().validate('x').hasValue()",
    "semver('1.2.3').isLessThan(semver('1.10.0')) && isSemver('v1.2', true) && !isSemver('v1.2') && semver('1.2.3').minor() == 2",
  ])('%s', (expression) => {
    expect(celEnvironment().check(expression)).toMatchObject({ valid: true, type: 'bool' });
    expect(evaluate(expression)).toBe(true);
  });

  it.each([
    [
      "quantity('x')",
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    ['1 / 0', 'division by zero'],
    ['[1][3]', 'index out of bounds: 3'],
    ['{"a": 1}.b', 'no such key: b'],
    ['9223372036854775807 + 1', 'integer overflow'],
    ['dyn(1) + dyn("a")', 'no such overload'],
  ])('%s fails as in cel-go', (expression, fault) => {
    let told = '';
    try {
      evaluate(expression);
    } catch (error) {
      told = evaluationFault(error);
    }
    expect(told).toBe(fault);
  });
});

describe('addresses', () => {
  it('are read from what they are written as', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const address = CelAddress.tryParse(text);
        if (address === undefined) return;
        expect(CelAddress.tryParse(address.toString())).toEqual(address);
      }),
    );
  });
});

describe('versions', () => {
  const number = fc.nat(20);
  const version = fc
    .tuple(
      number,
      number,
      number,
      fc.option(fc.constantFrom('alpha', 'alpha.1', 'beta', '1', 'rc.2'), { nil: undefined }),
    )
    .map(([a, b, c, pre]) => `${a}.${b}.${c}${pre === undefined ? '' : `-${pre}`}`);

  it('are in one order', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        const [one, two] = [CelVersion.parse(a), CelVersion.parse(b)];
        expect(Math.sign(one.compareTo(two)) + Math.sign(two.compareTo(one))).toBe(0);
        expect(one.compareTo(two) === 0).toBe(a === b);
      }),
    );
  });

  it('may be any text', () => {
    fc.assert(fc.property(fc.string(), fc.boolean(), (text, lax) => void CelVersion.tryParse(text, lax)));
  });
});
