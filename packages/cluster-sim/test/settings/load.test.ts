import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SettingsError } from '../../src/errors.js';
import { loadSettings } from '../../src/settings/load.js';
import { environmentName, settingsKeys } from '../../src/settings/schema.js';
import { temporaryFolder } from '../temporary.js';

const minimum = 'RancherURL: https://rancher.example\nBearerToken: token-abcde:secret\n';

async function homeWith(text: string, file = 'config/config'): Promise<string> {
  const home = await temporaryFolder();
  if (file.includes('/')) await mkdir(join(home, 'config'));
  await writeFile(join(home, file), text);
  await chmod(join(home, file), 0o600);
  return home;
}

function load(
  home: string,
  env: NodeJS.ProcessEnv = {},
): { settings: ReturnType<typeof loadSettings>; warnings: string[] } {
  const warnings: string[] = [];
  return { settings: loadSettings({ home, env, onWarning: (text) => warnings.push(text) }), warnings };
}

describe('loadSettings', () => {
  it('fills in every default: those of the earlier program, but ports per cluster only when they are asked for', async () => {
    const home = await homeWith(minimum);
    const { settings, warnings } = load(home);
    expect(settings).toMatchObject({
      rancherURL: 'https://rancher.example',
      bearerToken: 'token-abcde:secret',
      listenPort: 9090,
      listenAddress: '127.0.0.1',
      logLevel: 'info',
      backend: 'memory',
      mainClusterName: 'main-cluster',
      mainKubeconfig: join(home, 'kubeconfig'),
      mainAPIPort: 8050,
      proxyBasePort: 0,
      localAPIPort: 9443,
      pprof: false,
      pprofPort: 6060,
      memLogIntervalSec: 0,
      audit: false,
      tlsMode: 'strict',
      createVia: 'auto',
    });
    expect(settings).not.toHaveProperty('apiKey');
    expect(warnings).toEqual([]);
  });

  const example = {
    RancherURL: 'https://your-rancher.example',
    BearerToken: 'token-xxxxx:yyyyyyyyyyyyyyyy',
    ListenPort: 9191,
    LogLevel: 'debug',
    MultiTenant: true,
    MainClusterName: 'main-cluster',
    MainAPIPort: 8050,
    ProxyBasePort: 8440,
    Pprof: true,
    PprofPort: 7070,
    MemLogIntervalSec: 30,
    Audit: true,
  };

  it.each([
    ['JSON', JSON.stringify(example, null, 2)],
    [
      'YAML',
      `---\n# a comment\n${Object.entries(example)
        .map(([key, value]) => `${key}: ${value}`)
        .join('\n')}\n`,
    ],
    [
      'lines without a space',
      Object.entries(example)
        .map(([key, value]) => `${key}:${value}`)
        .join('\n'),
    ],
  ])('reads the documented example as %s', async (_form, text) => {
    const { settings, warnings } = load(await homeWith(text));
    expect(settings).toMatchObject({
      listenPort: 9191,
      logLevel: 'debug',
      backend: 'kwok-shared',
      audit: true,
      pprof: true,
      pprofPort: 7070,
      memLogIntervalSec: 30,
    });
    expect(warnings).toEqual([]);
  });

  it('reads <home>/config when that is a file, with the trailing slash of the URL taken off', async () => {
    const home = await homeWith(
      'RancherURL:https://rancher.example/\nBearerToken:token-xxxxx:redacted\n',
      'config',
    );
    expect(load(home).settings.rancherURL).toBe('https://rancher.example');
  });

  it('lets the file win over the environment and the environment over defaults', async () => {
    const home = await homeWith(`${minimum}ListenPort: 1000\n`);
    const { settings } = load(home, {
      SCALE_AGENT_LISTEN_PORT: '2000',
      SCALE_AGENT_PPROF_PORT: '3000',
      SCALE_AGENT_PPROF: 'True',
    });
    expect(settings).toMatchObject({ listenPort: 1000, pprofPort: 3000, pprof: true });
  });

  it('works from the environment alone', async () => {
    const env = { SCALE_AGENT_RANCHER_URL: 'https://r.example', RANCHER_TOKEN: 'token-a:b' };
    expect(load(await temporaryFolder(), env).settings).toMatchObject({
      rancherURL: 'https://r.example',
      bearerToken: 'token-a:b',
    });
  });

  it.each([
    ['RancherURL', 'BearerToken: t:s\n'],
    ['BearerToken', 'RancherURL: https://r.example\n'],
  ])('says in one sentence that %s is missing and where to set it', async (key, text) => {
    const home = await homeWith(text);
    expect(() => load(home)).toThrow(SettingsError);
    expect(() => load(home)).toThrow(
      new RegExp(`^${key} is not set: write .* or set ${environmentName(key)}\\.$`),
    );
  });

  it('warns of an unknown key with the nearest known one', async () => {
    const { warnings } = load(await homeWith(`${minimum}ListenPrt: 1\nColour: red\n`));
    expect(warnings[0]).toMatch(/Unknown setting ListenPrt .*did you mean ListenPort\?/);
    expect(warnings[1]).toMatch(/Unknown setting Colour .*ignored$/);
  });

  it('warns when others on the machine can read the token', async () => {
    const home = await homeWith(minimum);
    await chmod(join(home, 'config/config'), 0o644);
    expect(load(home).warnings[0]).toMatch(/can be read by others/);
  });

  it.each([
    ['', 'memory', ''],
    ['MultiTenant: true', 'kwok-shared', ''],
    ['MultiTenant: false', 'kwok-dedicated', ''],
    ['Backend: kwok-dedicated', 'kwok-dedicated', ''],
    ['Backend: kwok-shared\nMultiTenant: true', 'kwok-shared', ''],
    ['Backend: memory\nMultiTenant: true', 'memory', 'MultiTenant has no effect beside Backend memory.'],
  ])('with %j has %s as the backend of clusters that ask for none', async (text, backend, warning) => {
    const { settings, warnings } = load(await homeWith(`${minimum}${text}\n`));
    expect(settings.backend).toBe(backend);
    expect(warnings.join('\n')).toBe(warning);
  });

  it('says that nothing is audited where there is no kube-apiserver', async () => {
    const { warnings } = load(await homeWith(`${minimum}Audit: true\n`));
    expect(warnings).toEqual([expect.stringMatching(/^Audit has no effect on clusters with backend memory/)]);
  });

  it('refuses to listen beyond loopback without an APIKey, and accepts it with one', async () => {
    const open = `${minimum}ListenAddress: 0.0.0.0\n`;
    const home = await homeWith(open);
    expect(() => load(home)).toThrow(/needs an APIKey/);
    expect(load(await homeWith(`${open}APIKey: a-long-enough-key\n`)).settings.apiKey).toBe(
      'a-long-enough-key',
    );
  });

  it('names the key, the file and the wrong value, but never shows a secret', async () => {
    const port = await homeWith(`${minimum}ListenPort: many\n`);
    expect(() => load(port)).toThrow(/ListenPort in .*config must be integer \(it is "many"\)/);
    const level = await homeWith(`${minimum}LogLevel: loud\n`);
    expect(() => load(level)).toThrow(/LogLevel .* must be one of trace, debug, info/);
    const key = await homeWith(`${minimum}APIKey: short\n`);
    expect(() => load(key)).toThrow(/^(?!.*short).*APIKey/);
  });

  it('tells the line of text that is neither of the three forms', async () => {
    const home = await homeWith('RancherURL: https://r.example\n  - broken: [\n');
    expect(() => load(home)).toThrow(/config:\d+: the settings are neither JSON, YAML nor/);
  });

  it('reads the CA from a file, and refuses one that is not PEM', async () => {
    const home = await homeWith(minimum);
    await writeFile(join(home, 'ca.pem'), 'nothing');
    expect(() => load(home, { SCALE_AGENT_CA_CERT: join(home, 'ca.pem') })).toThrow(
      /holds no PEM certificate/,
    );
    await writeFile(join(home, 'ca.pem'), '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n');
    expect(load(home, { SCALE_AGENT_CA_CERT: join(home, 'ca.pem') }).settings.caCert).toMatch(/^-----BEGIN/);
  });
});

describe('environmentName', () => {
  it('splits words and keeps acronyms together, without two keys sharing a name', () => {
    expect(environmentName('MainAPIPort')).toBe('SCALE_AGENT_MAIN_API_PORT');
    expect(environmentName('MemLogIntervalSec')).toBe('SCALE_AGENT_MEM_LOG_INTERVAL_SEC');
    expect(new Set(settingsKeys.map(environmentName)).size).toBe(settingsKeys.length);
  });
});
