import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { BackendKind, FleetSummary } from '@scale-cluster/cluster-sim';
import type { FakeRancher } from '@scale-cluster/fake-rancher';
import type { Answer, Question } from './fleet-process.js';

export interface FleetProcessOptions {
  readonly backend: BackendKind;
  readonly home: string;
  readonly rancher: Pick<FakeRancher, 'url' | 'token' | 'caCert'>;
  /** For the main cluster of kwok-shared. */
  readonly mainPort: number;
}

/** The parent's end of `fleet-process.ts`; one question at a time. */
export class FleetProcess {
  private constructor(private readonly child: ChildProcess) {}

  /** Rejects if it ends before it is ready. */
  static async start({ backend, home, rancher, mainPort }: FleetProcessOptions): Promise<FleetProcess> {
    const child = fork(new URL('fleet-process.ts', import.meta.url), {
      execArgv: [...process.execArgv, '--expose-gc'],
      env: {
        ...process.env,
        SCALE_AGENT_HOME: home,
        SCALE_AGENT_RANCHER_URL: rancher.url,
        SCALE_AGENT_BEARER_TOKEN: rancher.token,
        SCALE_AGENT_CA_CERT: rancher.caCert,
        SCALE_AGENT_BACKEND: backend,
        SCALE_AGENT_MAIN_API_PORT: String(mainPort),
        SCALE_AGENT_LOCAL_API_PORT: '0',
        SCALE_AGENT_CONCURRENT_CREATES: '20',
      },
    });
    const fleet = new FleetProcess(child);
    await fleet.#next();
    return fleet;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  create(names: readonly string[]): Promise<unknown> {
    return this.#ask({ create: names });
  }

  async summary(): Promise<FleetSummary> {
    const { summary } = await this.#ask('summary');
    if (summary === undefined) throw new Error('the fleet gave no summary');
    return summary;
  }

  /** Collects garbage: what is left is really held. */
  collect(): Promise<unknown> {
    return this.#ask('collect');
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = once(this.child, 'exit');
    await this.#ask('close');
    await ended;
  }

  /** For a process that can't be asked any more. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  async #ask(question: Question): Promise<Extract<Answer, { type: 'answer' }>> {
    this.child.send(question);
    const answer = await this.#next();
    if (answer.type !== 'answer') throw new Error('the fleet answered out of turn');
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  #next(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null): void => reject(new Error(`the fleet ended with ${code}`));
      this.child.once('exit', onExit);
      this.child.once('message', (answer: Answer) => {
        this.child.off('exit', onExit);
        resolve(answer);
      });
    });
  }
}
