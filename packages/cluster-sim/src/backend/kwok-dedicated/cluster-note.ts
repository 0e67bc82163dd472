import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '../../state/atomic-file.js';

/** What we note beside kwokctl's own files of a cluster. It is there only when the creation came to its end. */
export interface ClusterNote {
  uid: string;
  name: string;
  /** It was made with controller manager and scheduler. */
  controllerManager: boolean;
  /** The template's objects are in it. */
  populated: boolean;
}

const notePath = (kubeconfig: string): string => join(dirname(kubeconfig), 'scale-cluster.json');

/** Undefined for a cluster whose creation was cut off, or that isn't there. */
export async function readNote(kubeconfig: string): Promise<ClusterNote | undefined> {
  try {
    return JSON.parse(await readFile(notePath(kubeconfig), 'utf8')) as ClusterNote;
  } catch {
    return undefined;
  }
}

export async function writeNote(kubeconfig: string, note: ClusterNote): Promise<void> {
  await writeFileAtomic(notePath(kubeconfig), JSON.stringify(note));
}

export async function removeNote(kubeconfig: string): Promise<void> {
  await rm(notePath(kubeconfig), { force: true });
}
