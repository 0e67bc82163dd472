import type { CommandDescription } from './commands.js';

/** A completion script for bash 3.2 and newer. */
export function bashCompletion(commands: readonly CommandDescription[]): string {
  const cases = commands.map((command) => {
    const words = [...command.options.map((option) => option.long), ...command.choices].join(' ');
    const clusters = command.takesClusters
      ? '\n      [[ $word == -* ]] || words=$(scale-cluster list --quiet 2>/dev/null)'
      : '';
    return `    ${command.name})\n      words='${words}'${clusters}\n      ;;`;
  });
  const values = commands
    .flatMap(({ name, options }) => options.map((option) => ({ name, option })))
    .filter(({ option }) => option.choices.length > 0)
    .map(
      ({ name, option }) =>
        `    '${name} ${option.long}') COMPREPLY=($(compgen -W '${option.choices.join(' ')}' -- "$word")); return ;;`,
    );
  return `# Completion of scale-cluster for bash: source <(scale-cluster completion bash)
_scale_cluster() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} words=
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')}' -- "$word"))
    return
  fi
  case "$command $before" in
${values.join('\n')}
    *' --output' | *' -o' | *' --home') COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  case $command in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _scale_cluster scale-cluster
`;
}
