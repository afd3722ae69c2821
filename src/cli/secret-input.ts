import { CliError } from './error.ts';

/** Longer than any password that PostgreSQL takes part in logging in with (libpq reads 1024 bytes). */
const MAX_BYTES = 1024;

/**
 * A password from standard input, without its last newline: an argument is for everyone to read.
 * @throws CliError where it is none.
 */
export async function passwordFromStdin(input: AsyncIterable<Buffer> = process.stdin): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_BYTES) throw new CliError(`a password has at most ${MAX_BYTES} bytes`, 2);
  }
  const text = decoded(Buffer.concat(chunks)).replace(/\r?\n$/, '');
  if (text === '') throw new CliError('no password came on standard input', 2);
  if (/[\0\r\n]/.test(text)) throw new CliError('the password on standard input must be one line', 2);
  return text;
}

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new CliError('the password on standard input is not UTF-8', 2, { cause: error });
  }
}
