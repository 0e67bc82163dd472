import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';
import { Binaries, BinaryMissingError } from '../src/index.js';
import { tempFolder } from './support/temp-folder.js';

async function program(folder: string, name: string, mode = 0o755): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await writeFile(path, '#!/bin/sh\n');
  await chmod(path, mode);
  return path;
}

it('a given path wins over the PATH, and the PATH over the folders', async () => {
  await using root = await tempFolder();
  const [onPath, inFolder] = [join(root.path, 'path'), join(root.path, 'folder')];
  const given = await program(join(root.path, 'given'), 'my-etcd');
  for (const folder of [onPath, inFolder]) await program(folder, 'etcd');
  await program(inFolder, 'kwok');
  const options = { folders: [inFolder], env: { PATH: ['/nowhere', onPath].join(delimiter) } };
  expect(new Binaries({ ...options, paths: { etcd: given } }).path('etcd')).toBe(given);
  expect(new Binaries(options).path('etcd')).toBe(join(onPath, 'etcd'));
  expect(new Binaries(options).path('kwok')).toBe(join(inFolder, 'kwok'));
  expect(new Binaries(options).missing(['kwok', 'etcd', 'kubectl'])).toEqual(['kubectl']);
});

it('KUBE_BINARIES is a folder, and a binary that appears later is found', async () => {
  await using root = await tempFolder();
  const binaries = new Binaries({ env: { KUBE_BINARIES: root.path } });
  expect(binaries.path.bind(binaries, 'etcdctl')).toThrow(BinaryMissingError);
  const path = await program(root.path, 'etcdctl');
  expect(binaries.path('etcdctl')).toBe(path);
});

it('what is not executable is not found, and the error says where to look', async () => {
  await using root = await tempFolder();
  const path = await program(root.path, 'etcd', 0o644);
  await mkdir(join(root.path, 'kwok'));
  const binaries = new Binaries({ folders: [root.path], env: {} });
  expect(binaries.missing(['etcd', 'kwok'])).toEqual(['etcd', 'kwok']);
  expect(() => binaries.path('etcd')).toThrow(`neither on the PATH nor in ${root.path}; install it`);
  const given = new Binaries({ paths: { etcd: path }, env: {} });
  expect(() => given.path('etcd')).toThrow(`${path} can't be executed; correct the path given for etcd`);
});

it('kwokctl is told our kubectl, and finds one of that name on its PATH first', async () => {
  await using root = await tempFolder();
  const plain = await program(root.path, 'kubectl');
  const named = await program(root.path, 'kubectl-1.34');
  const env = { PATH: '/nowhere' };
  expect(new Binaries({ paths: { kubectl: plain }, env }).environment()).toEqual({
    PATH: [root.path, '/nowhere'].join(delimiter),
    KWOK_KUBECTL_BINARY: plain,
  });
  expect(new Binaries({ paths: { kubectl: named }, env }).environment()).toEqual({
    PATH: '/nowhere',
    KWOK_KUBECTL_BINARY: named,
  });
});
