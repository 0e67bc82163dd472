import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readNote, removeNote, writeNote } from '../../../src/backend/kwok-dedicated/cluster-note.js';
import { kwokName } from '../../../src/backend/kwok-dedicated/kwok-clusters.js';
import { temporaryFolder } from '../../temporary.js';

it('names a cluster by its uid, the same at every start, in what kwokctl takes', () => {
  expect(kwokName('0b7c2f55-3d2e-4d3a-9a51-6c1a0e1f2a3b')).toBe('sca-0b7c2f553d2e4d3a');
});

it('keeps a note beside the kubeconfig, which nobody else can read', async () => {
  const kubeconfig = join(await temporaryFolder(), 'kubeconfig.yaml');
  expect(await readNote(kubeconfig)).toBeUndefined();
  const note = { uid: 'u', name: 'n', controllerManager: true, populated: false };
  await writeNote(kubeconfig, note);
  expect(await readNote(kubeconfig)).toEqual(note);
  const { mode } = await stat(join(kubeconfig, '..', 'scale-cluster.json'));
  expect(mode & 0o777).toBe(0o600);
  await removeNote(kubeconfig);
  expect(await readNote(kubeconfig)).toBeUndefined();
});
