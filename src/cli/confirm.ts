import { createInterface } from 'node:readline/promises';
import { printable } from '../observe/printable.ts';
import { CliError } from './error.ts';

export interface ConfirmFlags {
  readonly yes?: boolean;
}

/** Where a person may be asked. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/**
 * Asks on the terminal before something is lost.
 * @throws CliError where the answer is no, or nobody can be asked.
 */
export async function confirm(
  question: string,
  { yes }: ConfirmFlags,
  on: Terminal = { input: process.stdin, output: process.stderr },
): Promise<void> {
  if (yes === true) return;
  const asked = printable(question);
  if (on.input.isTTY !== true || on.output.isTTY !== true)
    throw new CliError(`${asked} There is no terminal to ask on: --yes answers`, 2);
  if (/^\s*y(es)?\s*$/i.test(await answer(`${asked} [y/N] `, on))) return;
  throw new CliError('nothing was changed', 1);
}

/** The end of the input is an answer too: none. */
async function answer(question: string, { input, output }: Terminal): Promise<string> {
  const terminal = createInterface({ input, output, terminal: false });
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  try {
    return await Promise.race([terminal.question(question), closed]);
  } finally {
    terminal.close();
  }
}
