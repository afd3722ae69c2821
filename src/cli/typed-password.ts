import { createInterface } from 'node:readline/promises';
import { type Readable, Writable } from 'node:stream';
import { CliError } from './error.ts';
import { secretFromStdin } from './secret-input.ts';

/** Standard input: a terminal, or what a program writes. */
export type PasswordInput = Readable & { readonly isTTY?: boolean };

/** Puts a prompt on the terminal. */
type Show = (text: string) => void;

const onTerminal: Show = (text) => void process.stderr.write(text);

/**
 * A password as a person types it on a terminal, without echo, or as a program writes it.
 * @throws CliError where none came, it is no line of UTF-8, or the person left with Ctrl-C or Ctrl-D.
 */
export async function passwordFrom(
  input: PasswordInput = process.stdin,
  show: Show = onTerminal,
): Promise<string> {
  return await secretFrom('password', input, show);
}

/** A new password, which a person types twice, as in psql's `\\password`. @throws CliError also where the two differ. */
export async function newPasswordFrom(
  input: PasswordInput = process.stdin,
  show: Show = onTerminal,
): Promise<string> {
  if (input.isTTY !== true) return await passwordFrom(input, show);
  const first = await prompted('New password: ', input, show);
  if ((await prompted('The same again: ', input, show)) === first) return first;
  throw new CliError('the two passwords differ: nothing was changed', 1);
}

/** As `passwordFrom`, for a secret of another name. */
export async function secretFrom(
  what: string,
  input: PasswordInput = process.stdin,
  show: Show = onTerminal,
): Promise<string> {
  if (input.isTTY !== true) return await secretFromStdin(what, input);
  return await prompted(`${what.charAt(0).toUpperCase()}${what.slice(1)}: `, input, show);
}

async function prompted(prompt: string, input: PasswordInput, show: Show): Promise<string> {
  // Whoever types at the sight of the prompt must find the echo off.
  const password = typed(input);
  show(prompt);
  try {
    return await password;
  } finally {
    show('\n');
  }
}

/** readline edits the line and puts the terminal back; what it would echo goes nowhere. */
async function typed(input: Readable): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
  const left = new Promise<never>((_, reject) => {
    lines.once('close', () => reject(new CliError('no password was typed', 1)));
  });
  try {
    return await Promise.race([lines.question(''), left]);
  } finally {
    lines.close();
  }
}
