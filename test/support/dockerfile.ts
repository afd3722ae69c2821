/** The instructions that ours uses. Any other is an error: to pass over one would test another image. */
const KNOWN = new Set([
  'COPY',
  'RUN',
  'LABEL',
  'ENV',
  'WORKDIR',
  'VOLUME',
  'USER',
  'EXPOSE',
  'STOPSIGNAL',
  'HEALTHCHECK',
  'ENTRYPOINT',
  'CMD',
]);

/** What a shell would do something with; steps here are run without one. */
const SHELL_CHARACTERS = /[|;<>$`'"*?(){}~#\\]/;

export interface Instruction {
  readonly name: string;
  /** `--from=packages`, without the dashes. */
  readonly flags: ReadonlyMap<string, string>;
  /** A list in JSON form, or the words of a line, quotes taken off. */
  readonly words: readonly string[];
  /** Whether it was a list: such a command is run without a shell. */
  readonly isList: boolean;
}

export interface Stage {
  readonly base: string;
  /** As in `FROM base AS name`. */
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

/**
 * Reads a Dockerfile as far as ours goes (Docker's Dockerfile reference).
 * @throws Error where an instruction is not known here.
 */
export function parseDockerfile(text: string): Stage[] {
  const stages: { base: string; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of logicalLines(text)) {
    const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    const instruction = { name, ...parseArguments(rest) };
    if (name === 'FROM') {
      const [base = '', as, stage] = instruction.words;
      if (as !== undefined && as !== 'AS') throw new Error(`not understood: ${line}`);
      stages.push({ base, name: stage, instructions: [] });
    } else {
      const current = stages.at(-1);
      if (current === undefined || !KNOWN.has(name)) throw new Error(`not understood: ${line}`);
      current.instructions.push(instruction);
    }
  }
  return stages;
}

/** The commands of a RUN in shell form, joined by `&&` and by nothing else. */
export function commandsOf({ words }: Instruction): string[][] {
  const commands: string[][] = [[]];
  for (const word of words) {
    if (word === '&&') commands.push([]);
    else if (word.includes('&') || SHELL_CHARACTERS.test(word)) throw new Error(`needs a shell: ${word}`);
    else commands.at(-1)?.push(word);
  }
  return commands;
}

/** Without comments; a backslash at the end continues a line. */
function logicalLines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function parseArguments(text: string): Omit<Instruction, 'name'> {
  const flags = new Map<string, string>();
  let rest = text;
  for (;;) {
    const [whole, name = '', value = ''] = /^--([a-z-]+)=(\S+)\s+/.exec(rest) ?? [];
    if (whole === undefined) break;
    flags.set(name, value);
    rest = rest.slice(whole.length);
  }
  if (rest.startsWith('[')) return { flags, words: JSON.parse(rest) as string[], isList: true };
  // HEALTHCHECK's command comes behind a word of its own.
  const [, list] = /^CMD (\[.*\])$/.exec(rest) ?? [];
  if (list !== undefined) return { flags, words: JSON.parse(list) as string[], isList: true };
  const words = rest.match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
  return { flags, words: words.map((word) => word.replaceAll('"', '')), isList: false };
}
