import { pathFrom } from './base-folder.ts';
import { type Problem, variableProblem } from './problem.ts';
import { withoutLastNewline } from './substitution.ts';
import { unknownWord } from './suggestion.ts';
import type { Env, Surroundings } from './surroundings.ts';

/** `PORTCULLIS_` and one of these; each has a `_FILE` twin, the path of a file that holds the value. */
export const VARIABLES = ['UPSTREAM', 'ALLOWED_IPS', 'LISTEN', 'HOSTNAMES', 'TLS_CERT', 'TLS_KEY'] as const;
export type Variable = (typeof VARIABLES)[number];

const PREFIX = 'PORTCULLIS_';
const TWIN = '_FILE';
/** Says which runtime starts the command; read before any of this. */
const NOT_OURS = new Set(['PORTCULLIS_RUNTIME']);
/** Kubernetes and Docker links set these in every container where a service or container is called portcullis. */
const SERVICE_LINK =
  /^PORTCULLIS_(SERVICE_(HOST|PORT(_.*)?)|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

/** A variable as it is set. */
export interface Setting {
  /** The full name under which it is set, for messages. */
  readonly name: string;
  readonly text: string;
}

/** Reads all `PORTCULLIS_*` variables, and finds those that are set twice, unknown or unreadable. */
export function readVariables(surroundings: Pick<Surroundings, 'env' | 'base' | 'readFile'>): {
  readonly settings: ReadonlyMap<Variable, Setting>;
  readonly problems: readonly Problem[];
} {
  const settings = new Map<Variable, Setting>();
  const problems = unknownVariables(surroundings.env);
  for (const variable of VARIABLES) {
    const read = readVariable(variable, surroundings);
    if (read === undefined) continue;
    if ('text' in read) settings.set(variable, read);
    else problems.push(read);
  }
  return { settings, problems };
}

/** The name of a variable that is not set, for messages. */
export function variableName(variable: Variable): string {
  return PREFIX + variable;
}

function readVariable(
  variable: Variable,
  { env, base, readFile }: Pick<Surroundings, 'env' | 'base' | 'readFile'>,
): Setting | Problem | undefined {
  const name = PREFIX + variable;
  const twin = name + TWIN;
  const [text, path] = [env[name], env[twin]];
  if (text !== undefined && path !== undefined)
    return variableProblem(name, `${twin} is set, too: unset one of them`);
  if (text !== undefined) return { name, text };
  if (path === undefined) return undefined;
  // A certificate's value is a path itself; its twin means the same, as whoever mounts a secret expects.
  if (variable === 'TLS_CERT' || variable === 'TLS_KEY') return { name: twin, text: path };
  const read = readFile(pathFrom(base, path));
  return 'text' in read
    ? { name: twin, text: withoutLastNewline(read.text) }
    : // Not quoted: whoever confuses the twins has put the value itself here.
      variableProblem(twin, `names a file that cannot be used: ${read.problem}`);
}

function unknownVariables(env: Env): Problem[] {
  const known = VARIABLES.flatMap((variable) => [PREFIX + variable, PREFIX + variable + TWIN]);
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && env[name] !== undefined)
    .filter((name) => !known.includes(name) && !NOT_OURS.has(name) && !SERVICE_LINK.test(name))
    .sort()
    .map((name) => variableProblem(name, unknownWord('variable', name, known)));
}
