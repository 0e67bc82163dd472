import { parseArgs } from 'node:util';

export const usage = `Usage: npx nx bench fleet -- [options]

  --peer PATH          a program with the commands and flags of \`rancher-peer serve\` (default: fake-rancher)
  --peer-flag=FLAG     one more flag for it, such as --peer-flag=--canary=50; may be given often
  --clusters LIST      how many clusters; with commas, the fleet grows in steps: 500,1000,3000 (200)
  --phases LIST        of drop, restart, kill and delete, after the ramp (all)
  --hold LIST          seconds for which each step is held, the last one for all further steps; the last third is
                       what counts as idle (480)
  --drop SHARE         share of the clusters whose tunnels are cut (0.3)
  --soak MIN           minutes with churn before the deletion (0)
  --churn EVENTS       changes per second over the whole fleet during the soak (50)
  --timeout SEC        longest that a phase may take (900)
  --setting KEY=VALUE  a setting of the agent; may be given often
  --agent FILE         the agent's program (apps/agent/dist/main.js)
  --json FILE          write all figures and samples
  --compare FILE       an earlier --json: figures worse by more than 10 % fail
  --profile DIR        CPU profiles of each phase and what is on the heap, of all threads; slows the agent down
  --snapshot           with --profile: heap snapshots too (as large as the heap)
  --verbose            the agent's log to stderr

Exit code: 0 when all clusters came and went without a violation and nothing got worse, 1 otherwise. Goals that are
not reached don't change it: they are in the table.
`;

/** What can follow the ramp, in this order. */
export const phaseNames = ['drop', 'restart', 'kill', 'delete'] as const;
export type PhaseName = (typeof phaseNames)[number];

/** What is asked of a run. */
export interface Options {
  readonly peer: string | undefined;
  readonly peerFlags: readonly string[];
  /** Rising. */
  readonly steps: readonly number[];
  readonly phases: ReadonlySet<PhaseName>;
  /** One for each step. */
  readonly holdSec: readonly number[];
  readonly dropShare: number;
  readonly soakMin: number;
  readonly churnPerSec: number;
  readonly timeoutSec: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly agent: string | undefined;
  readonly json: string | undefined;
  readonly compare: string | undefined;
  readonly profile: string | undefined;
  readonly snapshot: boolean;
  readonly verbose: boolean;
}

/** A mistake on the command line. */
export class UsageError extends Error {}

/** Reads the command line; undefined when only help is wanted. Throws {@link UsageError}. */
export function readOptions(args: string[]): Options | undefined {
  const { values } = parse(args);
  if (values.help) return undefined;
  const steps = positives('--clusters', values.clusters);
  if (steps.some((step, index) => step <= (steps[index - 1] ?? 0)))
    throw new UsageError('--clusters must rise');
  const holds = positives('--hold', values.hold);
  if (holds.length > steps.length) throw new UsageError('--hold has more numbers than --clusters');
  const phases = values.phases.split(',').filter((name) => name !== '');
  for (const name of phases)
    if (!phaseNames.some((known) => known === name)) throw new UsageError(`there is no phase "${name}"`);
  const dropShare = Number(values.drop);
  if (!(dropShare > 0 && dropShare <= 1)) throw new UsageError('--drop is a share above 0, up to 1');
  return {
    peer: values.peer,
    peerFlags: values['peer-flag'],
    steps,
    phases: new Set(phases as PhaseName[]),
    holdSec: steps.map((_, index) => holds[index] ?? holds.at(-1) ?? NaN),
    dropShare,
    soakMin: atLeast('--soak', values.soak, 0),
    churnPerSec: atLeast('--churn', values.churn, 0),
    timeoutSec: atLeast('--timeout', values.timeout, 1),
    settings: Object.fromEntries(values.setting.map(keyAndValue)),
    agent: values.agent,
    json: values.json,
    compare: values.compare,
    profile: values.profile,
    snapshot: values.snapshot,
    verbose: values.verbose,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        peer: { type: 'string' },
        'peer-flag': { type: 'string', multiple: true, default: [] },
        clusters: { type: 'string', default: '200' },
        phases: { type: 'string', default: phaseNames.join(',') },
        hold: { type: 'string', default: '480' },
        drop: { type: 'string', default: '0.3' },
        soak: { type: 'string', default: '0' },
        churn: { type: 'string', default: '50' },
        timeout: { type: 'string', default: '900' },
        setting: { type: 'string', multiple: true, default: [] },
        agent: { type: 'string' },
        json: { type: 'string' },
        compare: { type: 'string' },
        profile: { type: 'string' },
        snapshot: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function atLeast(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (text === '' || !(value >= least)) throw new UsageError(`${flag} takes a number from ${least}`);
  return value;
}

function positives(flag: string, list: string): number[] {
  return list.split(',').map((text) => atLeast(flag, text, 1));
}

function keyAndValue(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`--setting takes KEY=VALUE, not "${text}"`);
  return [text.slice(0, at), text.slice(at + 1)];
}
