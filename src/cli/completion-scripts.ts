import type { CommandWords } from './completion-words.ts';

/** Bash's programmable completion (Bash manual, 8.6): the path of commands so far chooses the words. */
export function bashScript(all: readonly CommandWords[]): string {
  return `# portcullis completion for bash: source <(portcullis completion bash)
_portcullis() {
  local at=portcullis words='' i
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at \${COMP_WORDS[i]}" in
      ${pathPattern(all)}) at="$at \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at $before" in
${valueCases(all, '    ')}
  esac
  if [[ -z $words ]]; then
    case "$at" in
${wordCases(all, '      ')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _portcullis portcullis
`;
}

/** Zsh's completion system (zshcompsys(1)); as a file it may lie in $fpath under the name _portcullis. */
export function zshScript(all: readonly CommandWords[]): string {
  return `#compdef portcullis
# portcullis completion for zsh: source <(portcullis completion zsh)
_portcullis() {
  local at=portcullis candidates='' word before="\${words[CURRENT-1]}"
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
      (${pathPattern(all)}) at="$at $word" ;;
    esac
  done
  case "$at $before" in
${valueCases(all, '    (').replaceAll('words=', 'candidates=')}
  esac
  if [[ -z $candidates ]]; then
    case "$at" in
${wordCases(all, '      (').replaceAll('words=', 'candidates=')}
    esac
  fi
  compadd -- \${(s: :)candidates} || _files
}
compdef _portcullis portcullis
`;
}

/** Fish's complete (fish manual, "complete"): a line for each word. */
export function fishScript(all: readonly CommandWords[]): string {
  const known = all.map(({ path }) => quoted(path)).join(' ');
  const lines = all.flatMap(({ path, subcommands, options, values, argument }) => {
    const here = `complete -c portcullis -n ${quoted(`__portcullis_at ${quoted(path)}`)}`;
    return [
      ...subcommands.map(({ word, description }) => `${here} -f -a ${word} -d ${quoted(description)}`),
      ...argument.map((word) => `${here} -f -a ${word}`),
      ...options.map(({ word, description }) => {
        const words = values.get(word);
        const takes = words === undefined ? '' : ` -x -a ${quoted(words.join(' '))}`;
        return `${here} -l ${word.slice(2)}${takes} -d ${quoted(description)}`;
      }),
    ];
  });
  return `# portcullis completion for fish: portcullis completion fish | source
function __portcullis_at
    set -l at portcullis
    for word in (commandline -opc)[2..]
        contains -- "$at $word" ${known}; and set at "$at $word"
    end
    test "$at" = "$argv[1]"
end
${lines.join('\n')}
`;
}

/** Every command below the root, as alternatives of a case. */
function pathPattern(all: readonly CommandWords[]): string {
  return all
    .slice(1)
    .map(({ path }) => quoted(path))
    .join('|');
}

function wordCases(all: readonly CommandWords[], indent: string): string {
  return all
    .map(({ path, subcommands, options, argument }) => {
      const words = [...subcommands.map(({ word }) => word), ...argument, ...options.map(({ word }) => word)];
      return `${indent}${quoted(path)}) words=${quoted(words.join(' '))} ;;`;
    })
    .join('\n');
}

function valueCases(all: readonly CommandWords[], indent: string): string {
  return all
    .flatMap(({ path, values }) =>
      [...values].map(
        ([flag, words]) => `${indent}${quoted(`${path} ${flag}`)}) words=${quoted(words.join(' '))} ;;`,
      ),
    )
    .join('\n');
}

/** In single quotes; all three shells read `'\\''` as a single quote between two texts. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
