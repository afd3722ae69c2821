import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const BASE = import.meta.dirname;

/** A folder for each target; its files are inputs that every run begins with, and that mutations start from. */
const CORPUS = join(BASE, 'corpus');

/** A file for each target: what its format is made of, and mutations put in; as fuzzers' dictionaries are written. */
const WORDS = join(BASE, 'words');

/** In double quotes; \\n, \\r, \\t, \\", \\\\ and \\x2a stand for bytes. */
const WORD = /^"((?:[^"\\]|\\(?:[nrt"\\]|x[0-9a-f]{2}))+)"$/;
const ESCAPE = /\\(?:x(..)|(.))/g;
const LETTERS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

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
  const digits = file.toString('latin1').replace(/#.*$/gm, '').replace(/\s+/g, '');
  if (!/^(?:[0-9a-f]{2})*$/i.test(digits)) throw new Error(`corpus file ${name} is not hexadecimal`);
  return Buffer.from(digits, 'hex');
}

/** Bytes as a `.hex` file shows them. @param remarks lines of comment above. */
export function encode(bytes: Buffer, remarks: readonly string[]): string {
  const lines = bytes.toString('hex').match(/.{1,64}/g) ?? [];
  return [...remarks.map((remark) => `# ${remark}`), ...lines, ''].join('\n');
}

/** @returns at least one. */
export function readWords(target: string): Buffer[] {
  const file = join(WORDS, `${target}.txt`);
  if (!existsSync(file)) return [Buffer.of(0)];
  const lines = readFileSync(file, 'latin1').split('\n').slice(0, -1);
  return lines.map((line) => {
    const [, word] = WORD.exec(line) ?? [];
    if (word === undefined) throw new Error(`${file}: ${line} is no word in quotes`);
    return Buffer.from(word.replace(ESCAPE, unescaped), 'latin1');
  });
}

function unescaped(_: string, hex: string | undefined, letter = ''): string {
  return hex === undefined ? (LETTERS[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16));
}
