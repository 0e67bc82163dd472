import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cliError } from '../errors.js';

/** What the child tells. */
export type RancherMessage =
  | { readonly type: 'ready'; readonly url: string; readonly token: string; readonly caCert: string }
  | ({ readonly type: 'report' } & RancherReport);

/** What the demo's Rancher says of its clusters. */
export interface RancherReport {
  readonly total: number;
  /** Active by every sign that a real Rancher has. */
  readonly active: number;
  /** What clusters did that real ones would not do. */
  readonly violations: readonly string[];
}

/** The demo's Rancher, running as a child process. */
export interface RancherProcess {
  readonly url: string;
  readonly token: string;
  readonly caCert: string;
  report(): Promise<RancherReport>;
  close(): Promise<void>;
}

/** Starts it on a free port; throws if it ends before it listens. */
export async function startRancherProcess(): Promise<RancherProcess> {
  const child = fork(entry(), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: process.execArgv });
  const ready = await nextMessage(child, 'ready');
  return {
    url: ready.url,
    token: ready.token,
    caCert: ready.caCert,
    report: async () => {
      child.send('report');
      return nextMessage(child, 'report');
    },
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

/** Beside this file's bundle as JavaScript, or in the sources as TypeScript. */
function entry(): URL {
  return import.meta.url.endsWith('.ts')
    ? new URL('../fake-rancher-process.ts', import.meta.url)
    : new URL('./fake-rancher-process.js', import.meta.url);
}

function nextMessage<T extends RancherMessage['type']>(
  child: ChildProcess,
  type: T,
): Promise<Extract<RancherMessage, { type: T }>> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown): void => {
      if ((message as RancherMessage).type !== type) return;
      stop();
      resolve(message as Extract<RancherMessage, { type: T }>);
    };
    const onExit = (code: number | null): void => {
      stop();
      reject(
        cliError('ERR_CLI_DEMO', `the demo's Rancher has ended unexpectedly (exit code ${code ?? 'none'})`),
      );
    };
    const stop = (): void => {
      child.off('message', onMessage);
      child.off('exit', onExit);
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}
