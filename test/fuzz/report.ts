import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { encode } from './corpus.ts';
import type { Finding, Report } from './target.ts';

/** Ignored by git. */
const FOUND = join(import.meta.dirname, 'found');
const MIB = 1_048_576;

/** One target's run in a line. */
export function lineOf(name: string, report: Report): string {
  const { cases, elapsedMs, slowestMs, heapBefore, heapAfter, finding } = report;
  const rate = Math.round(cases / (elapsedMs / 1000));
  return [
    name.padEnd(16),
    `${grouped(cases).padStart(9)} cases`,
    `${grouped(rate).padStart(7)}/s`,
    `slowest ${slowestMs.toFixed(1).padStart(7)} ms`,
    `heap ${(heapBefore / MIB).toFixed(1)} -> ${(heapAfter / MIB).toFixed(1)} MiB`,
    finding === undefined ? 'ok' : 'FOUND',
  ].join('  ');
}

/** The finding in full; its input goes into a file that can be moved into the corpus as it is. */
export function tell(name: string, seed: number, finding: Finding): string {
  const again = `npm run fuzz -- --target ${name} --seed ${seed}`;
  if (finding.input === undefined) return `${name}: ${finding.message}\n  again: ${again}\n`;
  const file = save(name, finding.input, [`${name}, seed ${seed}`, ...finding.message.split('\n', 1)]);
  return [
    `${name}: ${finding.message}`,
    `  input (${finding.input.length} bytes): ${finding.input.toString('hex')}`,
    `  in ${file}; moved to test/fuzz/corpus/${name}/ it is run first: ${again}`,
    '',
  ].join('\n');
}

export function grouped(number: number): string {
  return number.toLocaleString('en-US');
}

function save(name: string, input: Buffer, remarks: readonly string[]): string {
  const id = createHash('sha256').update(input).digest('hex').slice(0, 8);
  const file = join(FOUND, `${name}-${id}.hex`);
  mkdirSync(FOUND, { recursive: true });
  writeFileSync(file, encode(input, remarks));
  return relative(process.cwd(), file);
}
