import { StringDecoder } from 'node:string_decoder';

/** Characters of a line that are kept: messages of the server may quote values of any length. */
export const MAX_LINE = 8192;

/**
 * Cuts a process's output (UTF-8, in any pieces) into lines for `onLine`, control characters escaped, so that
 * a name that a client chose reaches no terminal raw. The rest of an over-long line is dropped.
 */
export function lineSplitter(onLine: (line: string) => void): (chunk: Buffer | undefined) => void {
  const decoder = new StringDecoder('utf8');
  let begun = '';
  const flush = (): void => {
    if (begun !== '') onLine(printable(begun));
    begun = '';
  };
  return (chunk) => {
    const [first = '', ...rest] = (chunk === undefined ? decoder.end() : decoder.write(chunk)).split('\n');
    const append = (text: string): void => {
      begun += text.slice(0, MAX_LINE - begun.length);
    };
    append(first);
    for (const line of rest) {
      flush();
      append(line);
    }
    if (chunk === undefined) flush();
  };
}

/** C0, DEL and C1 as `\xNN`; a tab, with which PostgreSQL begins a message's further lines, as a space. */
function printable(line: string): string {
  return line.replaceAll('\t', ' ').replace(/\p{Cc}/gu, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
