import { createServer, type AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listeners, portOwner } from '../../../src/backend/kwok-shared/port-owner.js';

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F72 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1F72 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 20 4 30 10 -1
   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 100 0 0 10 0
`;

describe('the owner of a port', () => {
  it('is the one that listens on it, not one that is connected to it', () => {
    expect(listeners(table, 8050)).toEqual(['4711']);
    expect(listeners(table, 22)).toEqual(['4713']);
    expect(listeners(table, 23)).toEqual([]);
  });

  it('is nobody in whatever else the table may hold', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 0, max: 65_535 }), (text, port) => {
        expect(Array.isArray(listeners(text, port))).toBe(true);
      }),
    );
  });

  it.skipIf(process.platform !== 'linux')('is found on this machine', async () => {
    const server = createServer();
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await portOwner(port)).toEqual({
      pid: process.pid,
      command: expect.stringContaining('node') as string,
    });
  });
});
