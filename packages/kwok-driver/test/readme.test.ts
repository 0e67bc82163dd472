import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Binaries, Kubectl } from '../src/index.js';
import { fakeKwokctl } from './support/fake-kwokctl.js';
import { tempFolder } from './support/temp-folder.js';

it('the steps of the README give the commands one would type', async () => {
  await using folder = await tempFolder();
  const commands: string[] = [];
  const onCommand = (line: string) => commands.push(line.slice(line.indexOf(' ') + 1));
  const driver = await fakeKwokctl(folder.path, '', { dryRun: true, onCommand });

  await driver.create({ name: 'edge-1', ports: { kubeApiserver: 21443 }, disable: ['kube-scheduler'] });
  await driver.scale('edge-1', { resource: 'node', replicas: 3 });
  await driver.delete('edge-1');

  expect(commands).toEqual([
    `create cluster --name edge-1 --runtime binary --wait 120s --kubeconfig '' --kube-apiserver-port 21443 --disable kube-scheduler`,
    'scale node --name edge-1 --replicas 3',
    `delete cluster --name edge-1 --kubeconfig ${join(folder.path, 'no-kubeconfig')}`,
  ]);
  const binaries = new Binaries({
    paths: { kubectl: join(folder.path, 'kwokctl.cjs') },
    folders: [],
    env: {},
  });
  const kubeconfig = driver.kubeconfigPath('edge-1');
  const kubectl = new Kubectl({ binaries, kubeconfig, dryRun: true, onCommand });
  await kubectl.apply('kind: Namespace', { force: true });
  expect(commands.at(-1)).toBe(
    `--kubeconfig ${kubeconfig} apply --server-side --filename - --field-manager kwok-driver --force-conflicts`,
  );
});

it('the README names only what exists', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const exported = await import('../src/index.js');
  const errors = [...readme.matchAll(/`(\w+Error)`/g)].map(([, name]) => name!);
  expect(errors.length).toBeGreaterThan(8);
  expect(Object.keys(exported)).toEqual(expect.arrayContaining(errors));
});
