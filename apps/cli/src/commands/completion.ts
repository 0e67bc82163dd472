import { Argument, type Command } from 'commander';
import { bashCompletion } from '../completion/bash.js';
import { fishCompletion } from '../completion/fish.js';
import { describeCommands, type CommandDescription } from '../completion/commands.js';
import { zshCompletion } from '../completion/zsh.js';

const shells: Readonly<Record<string, (commands: readonly CommandDescription[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'your shell').choices(Object.keys(shells)))
    .addHelpText(
      'after',
      `
Examples:
  source <(scale-cluster completion bash)                                        in ~/.bashrc
  source <(scale-cluster completion zsh)                                         in ~/.zshrc, after compinit
  scale-cluster completion fish > ~/.config/fish/completions/scale-cluster.fish`,
    )
    .action((shell: string) => {
      process.stdout.write(shells[shell]?.(describeCommands(program)) ?? '');
    });
}
