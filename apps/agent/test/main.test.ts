import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryHome } from './start.js';

// Whole programs are started from their sources, which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** The program as a process of its own, run from its sources. */
function start(
  home: string,
  ...args: string[]
): ChildProcess & { readonly output: { out: string; err: string } } {
  const child = spawn(
    process.execPath,
    ['--conditions=@scale-cluster/source', '--import', 'tsx', main, '--home', home, ...args],
    { env: { PATH: process.env['PATH'], HOME: home }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.err += chunk.toString()));
  return Object.assign(child, { output });
}

function homeWith(settings: string): string {
  const home = temporaryHome();
  mkdirSync(join(home, 'config'));
  writeFileSync(join(home, 'config', 'config'), settings, { mode: 0o600 });
  return home;
}

async function listening(child: ReturnType<typeof start>): Promise<string> {
  for (;;) {
    const line = child.output.out.split('\n').find((text) => text.includes('agent is listening'));
    if (line !== undefined) return (JSON.parse(line) as { url: string }).url;
    if (child.exitCode !== null) throw new Error(`ended: ${child.output.err}${child.output.out}`);
    await once(child.stdout!, 'data');
  }
}

describe('scale-cluster-agent', () => {
  it.each([
    ['BearerToken: token-x:y\n', 'RancherURL'],
    ['RancherURL: https://rancher.example\n', 'BearerToken'],
  ])('with only %j says in one sentence what is missing, and ends with 2', async (settings, missing) => {
    const child = start(homeWith(settings));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(2);
    expect(child.output.out).toBe('');
    expect(child.output.err).toMatch(new RegExp(`^scale-cluster-agent: ${missing} is not set: [^\\n]+\\n$`));
  });

  it('ends with 2 for an unknown option and 0 for --help', async () => {
    const unknown = start(temporaryHome(), '--colour');
    expect((await once(unknown, 'close'))[0]).toBe(2);
    expect(unknown.output.err.split('\n')).toHaveLength(2);
    const help = start(temporaryHome(), '--help');
    expect((await once(help, 'close'))[0]).toBe(0);
    expect(help.output.out).toContain('Usage: scale-cluster-agent');
  });

  it('writes its state and ends with 0 on SIGTERM, and never logs the token', async () => {
    const home = homeWith(
      'RancherURL: http://127.0.0.1:1\nBearerToken: token-x:very-secret\nListenPort: 0\nLocalAPIPort: 0\nLogLevel: debug\n',
    );
    const child = start(home);
    const url = await listening(child);
    const body = JSON.stringify({ names: ['a', 'b'] });
    await fetch(`${url}/api/v1/clusters`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    child.kill('SIGTERM');
    expect((await once(child, 'close'))[0]).toBe(0);
    expect(child.output.out).toContain('agent has stopped');
    expect(child.output.out + child.output.err).not.toContain('very-secret');
    const state = readFileSync(join(home, 'state.json'), 'utf8');
    expect(state).toContain('"a"');
    expect(state).toContain('"b"');
  });

  it('loses nothing acknowledged when it is killed', async () => {
    const home = homeWith(
      'RancherURL: http://127.0.0.1:1\nBearerToken: a:b\nListenPort: 0\nLocalAPIPort: 0\n',
    );
    const child = start(home);
    const url = await listening(child);
    const body = JSON.stringify({ prefix: 'edge', count: 40 });
    const answer = await fetch(`${url}/api/v1/clusters`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(201);
    child.kill('SIGKILL');
    await once(child, 'close');

    const again = start(home);
    const { count } = (await (await fetch(`${await listening(again)}/clusters`)).json()) as { count: number };
    expect(count).toBe(40);
    again.kill('SIGTERM');
    await once(again, 'close');
  });
});
