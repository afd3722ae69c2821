import type { Command } from 'commander';

/** What may follow a command's words. */
export interface CommandWords {
  /** The words so far, `portcullis branches create`. */
  readonly path: string;
  readonly subcommands: readonly Described[];
  readonly options: readonly Described[];
  /** Words for the value of an option, by each of its flags. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** Words for the first argument. */
  readonly argument: readonly string[];
}

interface Described {
  readonly word: string;
  readonly description: string;
}

/** Every command of the tree, the root first. */
export function commandWords(command: Command, before = ''): CommandWords[] {
  const path = `${before}${command.name()}`;
  const { options } = command;
  const values = options.flatMap(({ argChoices, short, long }) =>
    [short, long].flatMap((flag) => (argChoices && flag ? [[flag, argChoices] as const] : [])),
  );
  const here: CommandWords = {
    path,
    subcommands: command.commands.map((child) => ({ word: child.name(), description: child.description() })),
    options: [...options.filter(({ hidden }) => !hidden), HELP].flatMap(({ long, description }) =>
      long ? [{ word: long, description }] : [],
    ),
    values: new Map(values),
    argument: command.registeredArguments[0]?.argChoices ?? [],
  };
  return [here, ...command.commands.flatMap((child) => commandWords(child, `${path} `))];
}

const HELP = { long: '--help', description: 'what the command does' };
