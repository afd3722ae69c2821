import { CliError } from './error.ts';

/** Longer than any password that PostgreSQL takes part in logging in with (libpq reads 1024 bytes), or any verifier. */
const MAX_BYTES = 1024;

/** A password from standard input. @throws CliError where it is none. */
export async function passwordFromStdin(input: AsyncIterable<Buffer> = process.stdin): Promise<string> {
  return await secretFromStdin('password', input);
}

/**
 * A secret from standard input, without its last newline: an argument is for everyone to read.
 * @throws CliError where it is none; the secret is not quoted.
 */
export async function secretFromStdin(what: string, input: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_BYTES) throw new CliError(`a ${what} has at most ${MAX_BYTES} bytes`, 2);
  }
  const text = decoded(Buffer.concat(chunks), what).replace(/\r?\n$/, '');
  if (text === '') throw new CliError(`no ${what} came on standard input`, 2);
  if (/[\0\r\n]/.test(text))
    throw new CliError(`the ${what} on standard input must be one line without NUL`, 2);
  return text;
}

function decoded(bytes: Buffer, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new CliError(`the ${what} on standard input is not UTF-8`, 2, { cause: error });
  }
}
