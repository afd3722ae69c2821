import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A folder for each target; its files are inputs that every run begins with, and that mutations start from. */
const CORPUS = join(import.meta.dirname, 'corpus');

/** `*.txt` is text as it stands, less its last newline; `*.hex` is bytes, white space and `# comments` aside. */
export function readCorpus(target: string): Buffer[] {
  const folder = join(CORPUS, target);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => decode(name, readFileSync(join(folder, name))));
}

export function decode(name: string, file: Buffer): Buffer {
  if (name.endsWith('.txt')) return file.at(-1) === 0x0a ? file.subarray(0, -1) : file;
  if (!name.endsWith('.hex')) throw new Error(`corpus file ${name} is neither .txt nor .hex`);
  const digits = file
    .toString('latin1')
    .replace(/#.*$/gm, '')
    .replace(/\s+/g, '');
  if (!/^(?:[0-9a-f]{2})*$/i.test(digits)) throw new Error(`corpus file ${name} is not hexadecimal`);
  return Buffer.from(digits, 'hex');
}

/** Bytes as a `.hex` file shows them. @param remarks lines of comment above. */
export function encode(bytes: Buffer, remarks: readonly string[]): string {
  const lines = bytes.toString('hex').match(/.{1,64}/g) ?? [];
  return [...remarks.map((remark) => `# ${remark}`), ...lines, ''].join('\n');
}
