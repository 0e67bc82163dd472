import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseKwokctlLog, reasonOf } from '../src/kwokctl-log.js';
import { logLine } from './support/fake-kwokctl.js';

it('any stderr is read without an exception, and every line that says something is kept', () => {
  const line = fc.oneof(fc.string(), fc.json(), fc.constant('{"msg":'), fc.constant('{"msg":1,"level":{}}'));
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const stderr = lines.join('\n');
      const entries = parseKwokctlLog(stderr);
      expect(entries).toHaveLength(stderr.split('\n').filter((one) => one.trim() !== '').length);
      expect(reasonOf(entries)).toBeTypeOf('string');
    }),
  );
});

it('what was logged is read back, whatever the text', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (msg, err) => {
      expect(parseKwokctlLog(logLine('ERROR', msg, err))).toEqual([{ level: 'ERROR', msg, err }]);
    }),
  );
});

it('the reason is the last error, not what was logged after it', () => {
  const log = [logLine('ERROR', 'first', 'a'), logLine('ERROR', 'second', 'b'), logLine('INFO', 'cleaned')];
  expect(reasonOf(parseKwokctlLog(log.join('\n')))).toBe('second: b');
});
