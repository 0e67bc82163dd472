import type { CommandDescription } from './commands.js';

/** A completion script for fish. */
export function fishCompletion(commands: readonly CommandDescription[]): string {
  const lines = commands.flatMap((command) => {
    const here = `-n '__fish_seen_subcommand_from ${command.name}'`;
    return [
      `complete -c scale-cluster -f -n __fish_use_subcommand -a ${command.name} -d ${quote(command.description)}`,
      ...(command.takesClusters
        ? [`complete -c scale-cluster -f ${here} -a '(scale-cluster list --quiet 2>/dev/null)'`]
        : []),
      ...(command.choices.length > 0
        ? [`complete -c scale-cluster -f ${here} -a '${command.choices.join(' ')}'`]
        : []),
      ...command.options.map((option) => {
        const short = option.short === undefined ? '' : ` -s ${option.short.slice(1)}`;
        const value = !option.takesValue
          ? ''
          : option.choices.length > 0
            ? ` -x -a '${option.choices.join(' ')}'`
            : ' -r';
        return `complete -c scale-cluster ${here} -l ${option.long.slice(2)}${short}${value} -d ${quote(option.description)}`;
      }),
    ];
  });
  return `# Completion of scale-cluster for fish\n${lines.join('\n')}\n`;
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
