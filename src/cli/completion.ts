import { Argument, Command } from 'commander';
import { bashScript, fishScript, zshScript } from './completion-scripts.ts';
import { type CommandWords, commandWords } from './completion-words.ts';

const SCRIPTS: ReadonlyMap<string, (words: readonly CommandWords[]) => string> = new Map([
  ['bash', bashScript],
  ['zsh', zshScript],
  ['fish', fishScript],
]);

/**
 * `portcullis completion`: a script for the shell, made from the commands as they are.
 * @param root gives the whole command, which this one is a part of
 */
export function completionCommand(root: () => Command): Command {
  return new Command('completion')
    .description('a script that completes the command’s words: source <(portcullis completion bash)')
    .addArgument(new Argument('<shell>', 'the shell').choices([...SCRIPTS.keys()]))
    .action((shell: string) => {
      // Commander has made sure that it is one of them.
      process.stdout.write(SCRIPTS.get(shell)?.(commandWords(root())) ?? '');
    });
}
