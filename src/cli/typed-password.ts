import { createInterface } from 'node:readline/promises';
import { type Readable, Writable } from 'node:stream';
import { CliError } from './error.ts';
import { passwordFromStdin } from './secret-input.ts';

/** Standard input: a terminal, or what a program writes. */
export type PasswordInput = Readable & { readonly isTTY?: boolean };

/**
 * A password as a person types it on a terminal, without echo, or as a program writes it.
 * @param show puts the prompt on the terminal.
 * @throws CliError where none came, it is no line of UTF-8, or the person left with Ctrl-C or Ctrl-D.
 */
export async function passwordFrom(
  input: PasswordInput = process.stdin,
  show: (text: string) => void = (text) => void process.stderr.write(text),
): Promise<string> {
  if (input.isTTY !== true) return await passwordFromStdin(input);
  show('Password: ');
  try {
    return await typed(input);
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
