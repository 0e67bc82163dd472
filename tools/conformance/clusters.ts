import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A cluster to run the suite against. */
export interface TargetCluster {
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/** The command `memory-apiserver` with six nodes, run from its sources. */
export async function startOurs(): Promise<TargetCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const program = join(import.meta.dirname, '../../packages/memory-apiserver/src/cli/main.ts');
  const args = ['--version=v1.34.4', '--nodes=6', '--port=0', `--kubeconfig=${kubeconfig}`];
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    // The kubeconfig is there by then.
    createInterface(child.stdout).once('line', () => resolve());
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code ?? 'a signal'}`)));
  });
  return {
    kubeconfig,
    stop: async () => {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

/**
 * A KWOK cluster of six nodes with controller manager and scheduler, from the binaries in `$KUBE_BINARIES` or those
 * that `tools/kube-binaries/build.sh` has built.
 */
export async function startKwok(): Promise<TargetCluster> {
  const folder = process.env['KUBE_BINARIES'] ?? join(import.meta.dirname, '../kube-binaries/bin');
  const parts = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
  const missing = [...parts, 'kwok', 'kwokctl'].filter((name) => !readdirSync(folder).includes(name));
  if (missing.length > 0) throw new Error(`${folder} lacks ${missing.join(', ')}: see tools/kube-binaries`);
  const workdir = mkdtempSync(join(tmpdir(), 'conformance-kwok-'));
  const kubeconfig = join(workdir, 'kubeconfig');
  const kwokctl = (...args: string[]): void => {
    execFileSync(join(folder, 'kwokctl'), ['--name', 'conformance', ...args], {
      env: { ...process.env, KWOK_WORKDIR: workdir },
      stdio: 'inherit',
    });
  };
  const binaries = parts.map((name) => `--${name}-binary=${join(folder, name)}`);
  binaries.push(`--kwok-controller-binary=${join(folder, 'kwok')}`);
  const stop = async (): Promise<void> => {
    kwokctl('delete', 'cluster');
    rmSync(workdir, { recursive: true });
  };
  try {
    kwokctl(
      'create',
      'cluster',
      '--runtime=binary',
      '--wait=120s',
      `--kubeconfig=${kubeconfig}`,
      ...binaries,
    );
    kwokctl('scale', 'node', '--replicas=6');
  } catch (error) {
    await stop();
    throw error;
  }
  return { kubeconfig, stop };
}
