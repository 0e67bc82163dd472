import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ResourceInfo } from '@scale-cluster/memory-apiserver';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiConnection } from '../../../src/backend/http-objects/api-connection.js';
import { ObjectWatch } from '../../../src/backend/http-objects/object-watch.js';
import type { WatchOptions } from '../../../src/backend/cluster-objects.js';

const pods: ResourceInfo = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  listKind: 'PodList',
  namespaced: true,
  shortNames: [],
  categories: [],
  verbs: ['list', 'watch'],
  subresources: [],
  storage: 'pods',
};

const pod = (name: string, resourceVersion: string) => ({
  metadata: { name, namespace: 'default', resourceVersion },
});

/** A server whose lists and watches the test answers one by one. */
describe('ObjectWatch', () => {
  let server: Server;
  let connection: ApiConnection;
  let lists: { version: string; items: object[] }[];
  let watched: { version: string | null; response: ServerResponse }[];
  let listed = 0;

  beforeEach(async () => {
    lists = [];
    watched = [];
    listed = 0;
    server = createServer((request, response) => {
      const query = new URL(request.url ?? '', 'http://server').searchParams;
      if (query.get('watch') === 'true') {
        response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
        watched.push({ version: query.get('resourceVersion'), response });
        return;
      }
      const { version, items } = lists[Math.min(listed, lists.length - 1)] ?? { version: '1', items: [] };
      listed += 1;
      response.end(JSON.stringify({ kind: 'PodList', metadata: { resourceVersion: version }, items }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    connection = new ApiConnection({ server: url, caCert: '' });
  });

  afterEach(async () => {
    await connection.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const follow = (options: WatchOptions = {}) => {
    const told: string[] = [];
    const watch = new ObjectWatch({
      connection,
      resource: () => pods,
      options,
      onEvent: (type, { kind, metadata }) =>
        told.push(`${type} ${kind} ${metadata.name}@${metadata.resourceVersion}`),
      random: () => 0,
    });
    return { told, watch };
  };
  const say = (index: number, type: string, object: object) =>
    watched[index]?.response.write(
      `${JSON.stringify({ type, object: { apiVersion: 'v1', kind: 'Pod', ...object } })}\n`,
    );
  const nthWatch = (count: number) => expect.poll(() => watched.length, { timeout: 5_000 }).toBe(count);

  it('goes on from the last version it heard of, a bookmark included, without a new list', async () => {
    lists = [{ version: '10', items: [pod('a', '5')] }];
    const { told, watch } = follow();
    await nthWatch(1);
    expect(watched[0]?.version).toBe('10');
    say(0, 'ADDED', pod('b', '11'));
    say(0, 'BOOKMARK', { metadata: { resourceVersion: '20' } });
    await expect.poll(() => told).toEqual(['ADDED Pod a@5', 'ADDED Pod b@11']);
    watched[0]?.response.end();
    await nthWatch(2);
    expect(watched[1]?.version).toBe('20');
    expect(listed).toBe(1);
    watch.close();
  });

  it('lists anew when its version is gone, and tells what came, changed and went meanwhile', async () => {
    lists = [
      { version: '10', items: [pod('stays', '1'), pod('changes', '2'), pod('goes', '3')] },
      { version: '90', items: [pod('stays', '1'), pod('changes', '80'), pod('comes', '85')] },
    ];
    const { told, watch } = follow();
    await nthWatch(1);
    told.length = 0;
    say(0, 'ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' });
    await nthWatch(2);
    expect(told).toEqual(['MODIFIED Pod changes@80', 'ADDED Pod comes@85', 'DELETED Pod goes@3']);
    expect(watched[1]?.version).toBe('90');
    watch.close();
  });

  it('asked from now on, keeps still about what is there, and still sees it go', async () => {
    lists = [
      { version: '10', items: [pod('old', '1')] },
      { version: '20', items: [] },
    ];
    const { told, watch } = follow({ since: 'now' });
    await nthWatch(1);
    expect(told).toEqual([]);
    say(0, 'ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' });
    await nthWatch(2);
    expect(told).toEqual(['DELETED Pod old@1']);
    watch.close();
  });

  it('asked from a version that is gone, tells only what is newer than it', async () => {
    lists = [{ version: '200', items: [pod('old', '99'), pod('new', '101')] }];
    const { told, watch } = follow({ since: { resourceVersion: '100' } });
    await nthWatch(1);
    expect(watched[0]?.version).toBe('100');
    say(0, 'ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' });
    await nthWatch(2);
    expect(told).toEqual(['ADDED Pod new@101']);
    watch.close();
  });

  it('takes a line that comes in pieces, and connections that break in the middle of one', async () => {
    lists = [{ version: '10', items: [] }];
    const { told, watch } = follow();
    await nthWatch(1);
    const line = `${JSON.stringify({ type: 'ADDED', object: { kind: 'Pod', ...pod('ünïcode', '11') } })}\n`;
    const bytes = Buffer.from(line);
    for (const byte of bytes) watched[0]?.response.write(Buffer.of(byte));
    await expect.poll(() => told).toEqual(['ADDED Pod ünïcode@11']);
    watched[0]?.response.write(bytes.subarray(0, 20));
    watched[0]?.response.destroy();
    await nthWatch(2);
    expect(watched[1]?.version).toBe('11');
    watch.close();
  });
});
