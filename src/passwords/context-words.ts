import { foldMarks } from './characters.ts';
import type { PasswordContext } from './rating.ts';

/** Words that anyone tries at the password of a database behind this gateway. */
const TRADE: readonly string[] = [
  'portcullis',
  'postgres',
  'postgresql',
  'pgsql',
  'psql',
  'neon',
  'database',
  'prod',
  'production',
  'staging',
  'admin',
];

/** Shorter ones turn up in random passwords by chance. */
const SHORTEST = 3;

/** Names come from strangers too: a role's has at most 63 bytes, a host's 253 characters (RFC 1035, section 2.3.4). */
const MAX_NAME = 253;
const MAX_WORDS = 64;

/**
 * The words that a password gains nothing by, in lists: those of the trade, and with them each name whole, its parts
 * between punctuation, and the parts of these that are letters or digits only. Lower case, without marks.
 */
export function vocabularies({
  user,
  database,
  branch,
  host,
  project,
}: PasswordContext): readonly (readonly string[])[] {
  const names = [user, database, branch, host, project].filter((name) => name !== undefined);
  const words = names.flatMap((name) => wordsOf(foldMarks(name.slice(0, MAX_NAME)).toLowerCase()));
  const all = new Set([...TRADE, ...words.filter((word) => word.length >= SHORTEST)]);
  return all.size === TRADE.length ? [TRADE] : [TRADE, [...all].slice(0, MAX_WORDS)];
}

function wordsOf(name: string): string[] {
  const parts = name.match(/[\p{L}\p{N}]+/gu) ?? [];
  return [name, ...parts, ...parts.flatMap((part) => part.match(/\p{L}+|\p{N}+/gu) ?? [])];
}
