import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { CliError } from './error.ts';

/** Far more than a password may have; what is longer came by mistake. */
const MAX_BYTES = 4096;

/** Standard input: a terminal, or what a program writes. */
export type SecretInput = NodeJS.ReadableStream & Partial<Pick<ReadStream, 'isTTY'>>;

/**
 * Reads one secret: a line that is typed without echo on a terminal, else all there is but for one newline at its
 * end.
 * @param prompt shown on a terminal.
 * @throws CliError where it is not UTF-8, is far too long, or the terminal was left with Ctrl-C or Ctrl-D.
 */
export async function readSecret(
  prompt: string,
  input: SecretInput = process.stdin,
  show: (text: string) => void = (text) => void process.stderr.write(text),
): Promise<string> {
  if (input.isTTY !== true) return decode(await readAll(input));
  show(prompt);
  try {
    return await typed(input);
  } finally {
    show('\n');
  }
}

async function readAll(input: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    length += bytes.length;
    if (length > MAX_BYTES) throw new CliError('standard input holds more than one password', 1);
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer): string {
  try {
    // A byte order mark is left: it is part of what a client would send.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.replace(/\r?\n$/, '');
  } catch (error) {
    throw new CliError('what standard input holds is not UTF-8 text', 1, { cause: error });
  }
}

/** readline edits the line and puts the terminal back; what it would echo goes nowhere. */
async function typed(input: NodeJS.ReadableStream): Promise<string> {
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
