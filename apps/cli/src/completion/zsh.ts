import type { CommandDescription, OptionDescription } from './commands.js';

/** A completion script for zsh. */
export function zshCompletion(commands: readonly CommandDescription[]): string {
  const names = commands.map(({ name, description }) => `    ${quote(`${name}:${description}`)}`).join('\n');
  const cases = commands.map((command) => {
    const specs = command.options.map(optionSpec);
    if (command.takesClusters) specs.push("'*:cluster:_scale_cluster_names'");
    if (command.choices.length > 0) specs.push(quote(`1:value:(${command.choices.join(' ')})`));
    return `    ${command.name}) _arguments ${specs.join(' ')} ;;`;
  });
  return `#compdef scale-cluster
# Completion of scale-cluster for zsh: source <(scale-cluster completion zsh)
_scale_cluster_names() {
  local -a names
  names=(\${(f)"$(scale-cluster list --quiet 2>/dev/null)"})
  compadd -a names
}
_scale_cluster() {
  local -a commands
  commands=(
${names}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join('\n')}
  esac
}
compdef _scale_cluster scale-cluster
`;
}

function optionSpec({ long, description, takesValue, choices }: OptionDescription): string {
  const plain = description.replace(/[[\]:]/g, ' ');
  const value = !takesValue ? '' : choices.length > 0 ? `:value:(${choices.join(' ')})` : ':value:_files';
  return quote(`${long}[${plain}]${value}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
