import type { Command } from 'commander';

/** A command as completion scripts need it. */
export interface CommandDescription {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionDescription[];
  /** Whether its arguments are names of existing clusters. */
  readonly takesClusters: boolean;
  /** The fixed values of its first argument, or the commands under it. */
  readonly choices: readonly string[];
}

/** An option of a command. */
export interface OptionDescription {
  readonly long: string;
  readonly short: string | undefined;
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

/** Commands whose arguments are clusters that exist. */
const onClusters = new Set(['get', 'delete', 'kubeconfig']);

/** Reads the commands and options off the program, so completion never lags behind. */
export function describeCommands(program: Command): CommandDescription[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: [command, ...command.commands]
      .flatMap((one) => one.options)
      .filter((option) => option.long !== undefined)
      .map((option) => ({
        long: option.long ?? '',
        short: option.short,
        description: option.description,
        takesValue: option.required || option.optional,
        choices: option.argChoices ?? [],
      })),
    takesClusters: onClusters.has(command.name()),
    choices: command.registeredArguments[0]?.argChoices ?? command.commands.map((one) => one.name()),
  }));
}
