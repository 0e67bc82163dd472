import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TemplateError } from '../../src/errors.js';
import { parseTemplate } from '../../src/template/load.js';
import {
  formatAge,
  formatPorts,
  isQuantity,
  parseAge,
  parsePorts,
  parseReady,
  type ServicePort,
} from '../../src/template/text-forms.js';

describe('ages', () => {
  it.each([
    [42 * 3600, '42h'],
    [39 * 3600 + 59, '39h'],
    [7 * 3600 + 300, '7h5m'],
    [90, '90s'],
    [125, '2m5s'],
    [5 * 86_400 + 4 * 3600, '5d4h'],
    [800 * 86_400, '2y70d'],
  ])('%d seconds are shown as %s', (seconds, text) => {
    expect(formatAge(seconds)).toBe(text);
  });

  it('reads what it writes, to the precision that is shown', () => {
    fc.assert(
      fc.property(fc.nat(10 ** 9), (seconds) => {
        const read = parseAge(formatAge(seconds)) ?? NaN;
        expect(Math.abs(read - seconds)).toBeLessThanOrEqual(Math.max(1, seconds * 0.13));
      }),
    );
  });
});

describe('ports', () => {
  const port = fc.record(
    {
      port: fc.integer({ min: 1, max: 65_535 }),
      nodePort: fc.integer({ min: 1, max: 65_535 }),
      protocol: fc.constantFrom('TCP' as const, 'UDP' as const, 'SCTP' as const),
    },
    { requiredKeys: ['port', 'protocol'] },
  );

  it('reads what it writes', () => {
    fc.assert(
      fc.property(fc.array(port, { minLength: 1, maxLength: 5 }), (ports) => {
        expect(parsePorts(formatPorts(ports as ServicePort[]))).toEqual(ports.map((one) => ({ ...one })));
      }),
    );
  });

  it.each(['', '80/HTTP', '0/TCP', '80:99999/TCP', 'http', '80,,443'])('refuses %j', (text) => {
    expect(parsePorts(text)).toBeUndefined();
  });
});

describe('small texts', () => {
  it('reads ready counts', () => {
    expect(parseReady('1/2')).toEqual({ ready: 1, total: 2 });
    expect(parseReady('3/2')).toBeUndefined();
    expect(parseReady('x')).toBeUndefined();
  });

  it.each(['4', '3800m', '8Gi', '1e3', '0.5', '.5', '100k'])('%s is a quantity', (text) =>
    expect(isQuantity(text)).toBe(true),
  );
  it.each(['', 'lots', '-1', '5 Gi', '1Zi'])('%j is not a quantity', (text) =>
    expect(isQuantity(text)).toBe(false),
  );
});

describe('parseTemplate', () => {
  it('never fails in another way than by TemplateError, whatever the file holds', () => {
    const scalar = fc.oneof(fc.string({ maxLength: 8 }), fc.integer(), fc.boolean(), fc.constant(null));
    const item = fc.dictionary(
      fc.constantFrom('name', 'node', 'ready', 'ports', 'age', 'capacity', 'labels', 'x'),
      scalar,
    );
    const lists = fc.dictionary(
      fc.constantFrom('nodes', 'pods', 'services', 'secrets', 'deployments', 'kind', 'apiVersion'),
      fc.oneof(scalar, fc.array(item, { maxLength: 3 })),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          lists.map((value) => JSON.stringify(value)),
          fc.string({ maxLength: 100 }),
        ),
        (text) => {
          try {
            parseTemplate(text, 'cluster.yaml', 0);
          } catch (error) {
            expect(error).toBeInstanceOf(TemplateError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
