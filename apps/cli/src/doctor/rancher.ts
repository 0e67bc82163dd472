import type { Settings } from '@scale-cluster/cluster-sim';
import { formatDuration } from '../output/format.js';
import { fail, ok, warn, type Finding } from './finding.js';
import { httpGet, type GetAnswer, type GetOptions } from './http-get.js';

/** Certificates and tokens have times in them; Rancher's and ours may differ by this much without harm. */
const CLOCK_WARN_MS = 30_000;
const CLOCK_FAIL_MS = 300_000;

type RancherSettings = Pick<Settings, 'rancherURL' | 'bearerToken' | 'tlsMode' | 'caCert'>;

/** Asks Rancher as the agent would: is it there, is its certificate good, does it take the token, is its clock ours. */
export async function checkRancher(settings: RancherSettings): Promise<Finding[]> {
  const { rancherURL } = settings;
  let reached: GetAnswer;
  try {
    // Without looking at the certificate: that is a question of its own.
    reached = await httpGet(`${rancherURL}/ping`, { rejectUnauthorized: false });
  } catch (error) {
    return [
      fail(
        'Rancher',
        `${rancherURL} can't be reached: ${(error as Error).message}`,
        'check RancherURL, the network and proxies',
      ),
    ];
  }
  const findings = [
    reached.status === 200
      ? ok('Rancher', `${rancherURL} answers`)
      : warn(
          'Rancher',
          `${rancherURL}/ping answers ${reached.status}, not 200`,
          'check that RancherURL is the address of Rancher itself',
        ),
    clock(reached),
  ];
  const tls = await checkTls(settings);
  findings.push(tls.finding);
  if (tls.options) findings.push(...(await checkToken(settings, tls.options)));
  return findings;
}

function clock(answer: GetAnswer): Finding {
  const theirs = Date.parse(answer.headers.date ?? '');
  if (Number.isNaN(theirs))
    return warn('clock', "Rancher's answer has no Date", 'compare the clocks of both machines by hand');
  const difference = Math.abs(Date.now() - theirs);
  // The header counts in whole seconds.
  const message =
    difference < 2000 ? "agrees with Rancher's" : `differs from Rancher's by ${formatDuration(difference)}`;
  const todo = 'let both machines take their time from NTP';
  if (difference > CLOCK_FAIL_MS) return fail('clock', message, todo);
  return difference > CLOCK_WARN_MS ? warn('clock', message, todo) : ok('clock', message);
}

async function checkTls(settings: RancherSettings): Promise<{ finding: Finding; options?: GetOptions }> {
  const { rancherURL, tlsMode } = settings;
  if (rancherURL.startsWith('http:')) {
    const finding = warn(
      'TLS',
      'RancherURL is plain http: tokens can be read on the way',
      'use https outside of tests',
    );
    return { finding, options: {} };
  }
  if (tlsMode === 'insecure') {
    const finding = warn(
      'TLS',
      'certificates are not checked (TLSMode insecure)',
      'use TLSMode strict outside of tests',
    );
    return { finding, options: { rejectUnauthorized: false } };
  }
  const ca = tlsMode === 'strict' ? (settings.caCert ?? (await publishedCa(rancherURL))) : '';
  const options: GetOptions = ca === '' ? {} : { ca };
  try {
    await httpGet(`${rancherURL}/ping`, options);
    const by =
      ca === '' ? 'the CAs of this machine' : settings.caCert === undefined ? "Rancher's own CA" : 'CACert';
    return { finding: ok('TLS', `the certificate verifies by ${by}`), options };
  } catch (error) {
    const todo =
      tlsMode === 'strict'
        ? 'set CACert to the CA of Rancher'
        : 'set TLSMode strict for a Rancher with its own CA';
    return { finding: fail('TLS', `the certificate doesn't verify: ${(error as Error).message}`, todo) };
  }
}

/** The CA that Rancher publishes for its agents; '' if it uses a public one. */
async function publishedCa(rancherURL: string): Promise<string> {
  const { status, body } = await httpGet(`${rancherURL}/v3/settings/cacerts`, { rejectUnauthorized: false });
  return status === 200 ? (valueOf(body) ?? '') : '';
}

async function checkToken({ rancherURL, bearerToken }: RancherSettings, tls: GetOptions): Promise<Finding[]> {
  const ask = (path: string): Promise<GetAnswer> =>
    httpGet(`${rancherURL}${path}`, {
      ...tls,
      headers: { authorization: `Bearer ${bearerToken}`, accept: 'application/json' },
    });
  const clusters = await ask('/v3/clusters?limit=1');
  if (clusters.status === 401 || clusters.status === 403) {
    const why = clusters.status === 401 ? 'is not valid, or has expired' : 'may not see clusters';
    return [
      fail(
        'token',
        `BearerToken ${why} (${clusters.status})`,
        'make a new API key in Rancher: your avatar, Account & API Keys',
      ),
    ];
  }
  if (clusters.status !== 200) {
    return [
      fail('token', `Rancher answers ${clusters.status} to a list of clusters`, "see Rancher's own log"),
    ];
  }
  const serverUrl = valueOf((await ask('/v3/settings/server-url')).body);
  const version = valueOf((await ask('/v3/settings/server-version')).body);
  return [
    ok('token', 'Rancher takes it'),
    serverUrl
      ? ok('Rancher settings', `version ${version ?? 'unknown'}, server-url ${serverUrl}`)
      : warn(
          'Rancher settings',
          'server-url is not set, so manifests would lack it',
          'set server-url in the global settings of Rancher',
        ),
  ];
}

function valueOf(body: string): string | undefined {
  try {
    const { value } = JSON.parse(body) as { value?: unknown };
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
