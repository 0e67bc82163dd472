import { describe, expect, it } from 'vitest';
import { until } from '../support/api-client.js';
import { cleanUpAfterEach, kinds, startCluster, startRancher } from '../support/setup.js';

cleanUpAfterEach();

const initialState =
  '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7","annotations":{"k8s.io/initial-events-end":"true"}}}}\n';
const tooOld =
  '{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old resource version"}}\n';

describe('a watch', () => {
  it('resumes where it ended, and begins anew when that is too old', async () => {
    const rancher = await startRancher({ random: () => 0 });
    const answers = [initialState, tooOld];
    const asked: URLSearchParams[] = [];
    await startCluster(rancher, {
      intercept: (request, response) => {
        const url = new URL(request.url ?? '/', 'http://cluster.invalid');
        if (url.pathname !== '/api/v1/limitranges') return false;
        asked.push(url.searchParams);
        response.writeHead(200, { 'Content-Type': 'application/json' });
        const answer = answers.shift();
        if (answer === undefined) response.write(initialState);
        else response.end(answer);
        return true;
      },
    });
    await until(
      () => asked,
      (list) => list.length === 3,
    );
    const read = asked.map((query) => [query.get('sendInitialEvents'), query.get('resourceVersion')]);
    expect(read).toEqual([
      ['true', null],
      [null, '7'],
      ['true', null],
    ]);
    expect(
      asked.every(
        (query) => query.get('allowWatchBookmarks') === 'true' && query.get('timeoutSeconds') === '300',
      ),
    ).toBe(true);
    // A watch that was to last 5 minutes and ended at once is the one thing wrong here.
    await until(
      () => kinds(rancher),
      (list) => list.length > 0,
    );
    expect(kinds(rancher)).toEqual(['watch-ended-early']);
  });
});
