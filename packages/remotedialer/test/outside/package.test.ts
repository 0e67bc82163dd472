import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../../', import.meta.url));
const here = fileURLToPath(new URL('../../', import.meta.url));

/** One stream through a tunnel, in plain JavaScript; `imports` loads the package. */
const program = (imports: string): string => `
  ${imports}
  const tunnels = new TunnelServer({ authorize: () => ({ clientKey: 'alice' }) });
  const http = createServer().on('upgrade', (q, s, h) => tunnels.handleUpgrade(q, s, h)).listen(0, '127.0.0.1', () => {
    const client = new TunnelClient({
      endpoint: () => ({ url: 'ws://127.0.0.1:' + http.address().port, headers: {} }),
      onConnect: (connection) => connection.pipe(connection),
    });
    tunnels.once('session', () => {
      const stream = tunnels.dial('alice', 'tcp', 'x:1');
      stream.once('data', (data) => {
        console.log(String(data), typeof createSessionPair);
        void client.close();
        http.close();
      });
      stream.write('through the tunnel');
    });
    client.start();
  });
`;

const typescript = (imports: string): string => `
  ${imports}
  const server: TunnelServer = new TunnelServer({ authorize: () => null });
  const stream: Connection = server.dial('alice', 'tcp', 'x:1');
  stream.setDeadline(1_000).write('x');
  console.log(createSessionPair().client.role);
  // @ts-expect-error an option that does not exist
  new TunnelServer({ authorise: () => null });
`;

describe('the packed package in an empty folder', () => {
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'remotedialer-'));
    await run('npm', ['run', 'build'], { cwd: here });
    await run('npm', ['pack', '--pack-destination', folder], { cwd: here });
    const [tarball = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
    await writeFile(join(folder, 'package.json'), '{ "private": true }');
    await run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${tarball}`], { cwd: folder });
  });

  afterAll(() => rm(folder, { recursive: true }));

  test('installs nothing but itself', async () => {
    const { stdout } = await run('npm', ['ls', '--all', '--parseable'], { cwd: folder });
    expect(stdout.trim().split('\n').slice(1)).toEqual([
      join(folder, 'node_modules', '@scale-cluster', 'remotedialer'),
    ]);
  });

  test.each([
    [
      'an ES module',
      'main.mjs',
      `import { createServer } from 'node:http';
       import { TunnelClient, TunnelServer } from '@scale-cluster/remotedialer';
       import { createSessionPair } from '@scale-cluster/remotedialer/testing';`,
    ],
    [
      'a CommonJS module, by require()',
      'main.cjs',
      `const { createServer } = require('node:http');
       const { TunnelClient, TunnelServer } = require('@scale-cluster/remotedialer');
       const { createSessionPair } = require('@scale-cluster/remotedialer/testing');`,
    ],
  ])('runs from %s', async (_kind, file, imports) => {
    await writeFile(join(folder, file), program(imports));
    const { stdout } = await run(process.execPath, [file], { cwd: folder, timeout: 20_000 });
    expect(stdout).toBe('through the tunnel function\n');
  });

  test('has types for both kinds of module, complete without those of any other package', async () => {
    const imports = `
      import { TunnelServer, type Connection } from '@scale-cluster/remotedialer';
      import { createSessionPair } from '@scale-cluster/remotedialer/testing';`;
    await writeFile(join(folder, 'types.mts'), typescript(imports));
    await writeFile(join(folder, 'types.cts'), typescript(imports));
    await symlink(join(root, 'node_modules', '@types'), join(folder, 'types'));
    const options = '--noEmit --strict --module nodenext --target es2023 --types node --typeRoots types';
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const files = ['types.mts', 'types.cts'];
    await expect(
      run(process.execPath, [tsc, ...options.split(' '), ...files], { cwd: folder }).catch(
        (error: { stdout: string }) => error.stdout,
      ),
    ).resolves.toEqual({ stdout: '', stderr: '' });
  });
});

test('publint and arethetypeswrong find nothing wrong with the package', async () => {
  const { stdout } = await run('npm', ['run', 'check:package'], { cwd: here });
  expect(stdout).toContain('All good!');
});
