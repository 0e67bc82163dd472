import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFakeRancher } from '@scale-cluster/fake-rancher';
import { loadSettings, type Machine, type Settings } from '@scale-cluster/cluster-sim';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkSettings, checkTemplate } from '../../src/doctor/configuration.js';
import type { Finding } from '../../src/doctor/finding.js';
import { checkPorts } from '../../src/doctor/ports.js';
import { checkRancher } from '../../src/doctor/rancher.js';
import { checkCapacity, checkPrograms } from '../../src/doctor/resources.js';

const GIB = 2 ** 30;

function temporaryHome(files: Record<string, string> = {}): string {
  const home = mkdtempSync(join(tmpdir(), 'doctor-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, 'config'));
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(home, 'config', name), text, { mode: 0o600 });
  return home;
}

function settingsAt(home: string): Settings {
  return loadSettings({ home, env: {}, overrides: { RancherURL: 'https://r.example', BearerToken: 'a:b' } });
}

const statuses = (findings: readonly Finding[]): Record<string, string> =>
  Object.fromEntries(findings.map(({ check, status }) => [check, status]));

describe('settings and template', () => {
  it('finds mistakes in the settings and says where', () => {
    const { findings, settings } = checkSettings(
      temporaryHome({ config: 'RancherURL: https://r.example\nListenPort: x\n' }),
    );
    expect(settings).toBeUndefined();
    expect(findings[0]).toMatchObject({ status: 'fail', message: expect.stringContaining('ListenPort') });
  });

  it('passes on warnings about unknown keys', () => {
    const home = temporaryHome({
      config: 'RancherURL: https://r.example\nBearerToken: a:b\nLogLevle: debug\n',
    });
    const { findings } = checkSettings(home);
    expect(findings.map(({ status }) => status)).toEqual(['ok', 'warn']);
    expect(findings[1]?.message).toContain('LogLevel');
  });

  it('accepts a missing and a good template, refuses a bad one with file and reason', async () => {
    expect(await checkTemplate(settingsAt(temporaryHome()))).toMatchObject({ status: 'ok' });
    const good = temporaryHome({ 'cluster.yaml': 'name: x\nnodes:\n  - name: "{{cluster-name}}-1"\n' });
    expect(await checkTemplate(settingsAt(good))).toMatchObject({ status: 'ok' });
    const bad = temporaryHome({ 'cluster.yaml': 'nodes: 3\n' });
    expect(await checkTemplate(settingsAt(bad))).toMatchObject({
      status: 'fail',
      message: expect.stringContaining(join(bad, 'config', 'cluster.yaml:1')),
    });
    expect(readdirSync(good)).toEqual(['config']);
  });
});

describe('resources', () => {
  const machine: Machine = { openFiles: 2200, tasks: 5000, memoryBytes: 4 * GIB, heapBytes: 4 * GIB };

  it('are compared one by one with what the clusters need', () => {
    expect(statuses(checkCapacity('memory', 1000, machine))).toEqual({
      memory: 'ok',
      'JavaScript heap': 'ok',
      'open files': 'ok',
      processes: 'ok',
    });
    const [memory, heap, files] = checkCapacity('memory', 10_000, machine);
    expect(memory).toMatchObject({
      status: 'fail',
      message: '4.0 GiB available, about 12.4 GiB needed for 10000 clusters',
    });
    expect(heap).toMatchObject({ status: 'fail', todo: expect.stringContaining('--max-old-space-size=') });
    expect(files).toMatchObject({ status: 'fail', todo: expect.stringContaining('ulimit -Hn 40400') });
  });

  it('are looked up here when none are given', () => {
    expect(checkCapacity('memory', 1).every(({ status }) => status === 'ok')).toBe(true);
  });

  it('are programs too when the backend needs some', () => {
    const settings = { ...settingsAt(temporaryHome()), kubeBinaries: temporaryHome() };
    expect(checkPrograms(settings)).toEqual([]);
    const [finding] = checkPrograms({
      ...settings,
      backend: 'kwok-dedicated',
      kwokctlPath: '/nowhere/kwokctl',
    });
    expect(finding).toMatchObject({
      check: 'programs',
      status: 'fail',
      message: expect.stringContaining('kwokctl'),
    });
  });
});

describe('ports', () => {
  const settingsFor = (port: number): Settings => ({
    ...settingsAt(temporaryHome()),
    listenPort: port,
    localAPIPort: 0,
  });

  it('fails for a port that another program has', async () => {
    const other = createTcpServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const findings = await checkPorts(settingsFor(port));
    expect(findings[0]).toMatchObject({ status: 'fail', message: expect.stringContaining('EADDRINUSE') });
  });

  it('fails when there are too few for a port per cluster', async () => {
    const settings = { ...settingsFor(0), proxyBasePort: 65_000 };
    const found = async (count: number) => (await checkPorts(settings, count)).at(-1);
    expect(await found(536)).toMatchObject({ check: 'cluster ports', status: 'ok' });
    expect(await found(537)).toMatchObject({ check: 'cluster ports', status: 'fail' });
  });

  it('is content when an agent has them already', async () => {
    const port = await serve((_request, response) => response.end('{"status":"ok"}'));
    expect(await checkPorts(settingsFor(port))).toMatchObject([{ status: 'ok' }]);
  });
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe('Rancher', () => {
  const settings = (rancherURL: string, more: Partial<Settings> = {}) => ({
    rancherURL,
    bearerToken: 'token-x:y',
    tlsMode: 'strict' as const,
    ...more,
  });

  it('is fine when reachable, trusted and willing', async () => {
    const rancher = await startFakeRancher();
    onTestFinished(() => rancher.close());
    const findings = await checkRancher(settings(rancher.url, { bearerToken: rancher.token }));
    expect(statuses(findings)).toEqual({
      Rancher: 'ok',
      clock: 'ok',
      TLS: 'ok',
      token: 'ok',
      'Rancher settings': 'ok',
    });
  });

  it('fails for a wrong token, and never shows it', async () => {
    const rancher = await startFakeRancher();
    onTestFinished(() => rancher.close());
    const findings = await checkRancher(settings(rancher.url, { bearerToken: 'token-x:very-secret' }));
    expect(statuses(findings)).toMatchObject({ TLS: 'ok', token: 'fail' });
    expect(JSON.stringify(findings)).not.toContain('very-secret');
  });

  it('fails when the certificate is not one that the settings trust', async () => {
    const rancher = await startFakeRancher();
    onTestFinished(() => rancher.close());
    const findings = await checkRancher(settings(rancher.url, { tlsMode: 'system' }));
    expect(findings.at(-1)).toMatchObject({
      check: 'TLS',
      status: 'fail',
      todo: expect.stringContaining('strict'),
    });
  });

  it('fails when nobody answers', async () => {
    const findings = await checkRancher(settings('https://127.0.0.1:1'));
    expect(findings).toMatchObject([
      { check: 'Rancher', status: 'fail', message: expect.stringContaining('ECONNREFUSED') },
    ]);
  });

  it('warns of plain http and of a clock that is wrong', async () => {
    const port = await serve((_request, response) => {
      response.setHeader('date', new Date(Date.now() - 60_000).toUTCString());
      response.end('{}');
    });
    const found = statuses(await checkRancher(settings(`http://127.0.0.1:${port}`)));
    expect(found).toMatchObject({ TLS: 'warn', clock: 'warn', 'Rancher settings': 'warn' });
  });
});
