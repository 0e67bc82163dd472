import { totalmem } from 'node:os';
import { expect, it } from 'vitest';
import { cgroupOf, inactiveFile, memoryAvailable, memoryTotal } from '../../src/preflight/memory.js';

it('is no more than there is', () => {
  expect(memoryTotal()).toBeLessThanOrEqual(totalmem());
  expect(memoryAvailable()).toBeGreaterThan(0);
  expect(memoryAvailable()).toBeLessThanOrEqual(memoryTotal());
});

it('reads the control group and the cache in it that can be dropped', () => {
  expect(cgroupOf('0::/\n')).toBe('');
  expect(cgroupOf('12:memory:/old\n0::/system.slice/agent.service\n')).toBe('/system.slice/agent.service');
  expect(cgroupOf('12:memory:/old\n')).toBeUndefined();
  expect(inactiveFile('anon 5\ninactive_file 4096\nactive_file 7\n')).toBe(4096);
  expect(inactiveFile('anon 5\n')).toBe(0);
});
