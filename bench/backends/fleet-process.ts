/**
 * A fleet in a process of its own, so that its memory is its alone: forked by `fleet.ts`, which tells it what to do.
 * Run with --expose-gc.
 */
import { Fleet, loadSettings, type FleetSummary } from '@scale-cluster/cluster-sim';

/** What the parent asks for. */
export type Question = { readonly create: readonly string[] } | 'summary' | 'collect' | 'close';
/** What it is told. */
export type Answer =
  | { readonly type: 'ready' }
  | { readonly type: 'answer'; readonly summary?: FleetSummary; readonly error?: string };

const send = (answer: Answer): void => void process.send?.(answer);

const logged = (object: object, message: string): void =>
  void process.stderr.write(`${message} ${JSON.stringify(object)}\n`);
const quiet = (): void => undefined;
const logger = { debug: quiet, info: quiet, warn: logged, error: logged };

// Settings come as variables, so that the token is on no command line.
const fleet = await Fleet.open({ settings: loadSettings(), logger });
fleet.start();

async function answer(question: Question): Promise<FleetSummary | undefined> {
  if (question === 'summary') return fleet.summary();
  if (question === 'close') await fleet.close();
  else if (question === 'collect') (globalThis as { gc?: () => void }).gc?.();
  else await fleet.createMany(question.create);
  return undefined;
}

process.on('message', (question: Question) => {
  void answer(question).then(
    (summary) => {
      send({ type: 'answer', ...(summary === undefined ? {} : { summary }) });
      if (question === 'close') process.disconnect();
    },
    (error: unknown) => send({ type: 'answer', error: String(error) }),
  );
});
send({ type: 'ready' });
