import { checkWritten } from '../allowlist/written.ts';
import { pathFrom } from './base-folder.ts';
import { isHost, parseListenAddress } from './listen-address.ts';
import { type Problem, quoted, variableProblem } from './problem.ts';
import type { CertificateFiles } from './server-config.ts';
import { DEFAULT_LISTEN } from './server-schema.ts';
import { type Setting, type Variable, variableName } from './variables.ts';

/** What the sidecar's variables mean, one function each; what is wrong goes to `problems`. */
export type Settings = ReadonlyMap<Variable, Setting>;

const DEFAULT_HOSTNAMES = ['localhost'];

/** Blank means nobody for the allowlist. For the others it is a slip: a variable that expanded to nothing. */
export function blankOnes(settings: Settings): Problem[] {
  return [...settings]
    .filter(([variable, { text }]) => variable !== 'ALLOWED_IPS' && text.trim() === '')
    .map(([, { name }]) => variableProblem(name, 'is set but blank: give it a value, or unset it'));
}

export function isBlank(setting: Setting | undefined): boolean {
  return setting !== undefined && setting.text.trim() === '';
}

/** Unset: undefined, everyone is admitted. Set but blank: an empty list, nobody is. */
export function allowedIpsOf(setting: Setting | undefined, problems: Problem[]): string[] | undefined {
  if (setting === undefined) return undefined;
  // White space parts entries, but may also stand within one: `10.0.0.1 - 10.0.0.9`.
  const text = setting.text.replace(/\s*([-/])\s*/g, '$1');
  const items = listOf({ ...setting, text }, (entry) => checkWritten(entry)[0], problems);
  if (items.length === 0)
    problems.push(variableProblem(setting.name, 'is blank: nobody is admitted', 'warning'));
  return items;
}

/** Items between commas or white space. */
function listOf(
  { name, text }: Setting,
  problemIn: (item: string) => string | undefined,
  problems: Problem[],
): string[] {
  const items = text.split(/[\s,]+/).filter((item) => item !== '');
  for (const item of items) {
    // A URL in the wrong variable: its password must not be quoted.
    const problem = /@|:\/\//.test(item)
      ? `holds a URL, which belongs in ${variableName('UPSTREAM')}`
      : problemIn(item);
    if (problem !== undefined) problems.push(variableProblem(name, problem));
  }
  return items;
}

export function listenOf(setting: Setting | undefined, problems: Problem[]): string[] {
  if (setting === undefined || isBlank(setting)) return [DEFAULT_LISTEN];
  const items = listOf(
    setting,
    (item) => {
      const address = parseListenAddress(item);
      return 'problem' in address ? address.problem : undefined;
    },
    problems,
  );
  return [...new Set(items)];
}

export function certificateOf(
  settings: Settings,
  base: string,
  problems: Problem[],
): CertificateFiles | undefined {
  const [cert, key] = [settings.get('TLS_CERT'), settings.get('TLS_KEY')];
  if (cert !== undefined && key !== undefined) {
    return { cert: pathFrom(base, cert.text), key: pathFrom(base, key.text) };
  }
  const [present, missing] = cert === undefined ? [key, 'TLS_CERT' as const] : [cert, 'TLS_KEY' as const];
  if (present !== undefined) {
    problems.push(
      variableProblem(present.name, `needs ${variableName(missing)} beside it: set both, or neither`),
    );
  }
  return undefined;
}

export function hostnamesOf(settings: Settings, problems: Problem[]): readonly string[] {
  const setting = settings.get('HOSTNAMES');
  if (setting === undefined || isBlank(setting)) return DEFAULT_HOSTNAMES;
  if (settings.has('TLS_CERT')) {
    problems.push(
      variableProblem(setting.name, 'does nothing where a certificate is given: unset it', 'warning'),
    );
  }
  return listOf(
    setting,
    (name) =>
      isHost(name.replace(/^\*\./, '')) ? undefined : `${quoted(name)} is not a host name: mend or remove it`,
    problems,
  );
}
