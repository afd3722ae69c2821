/** What sessions ask. Real PostgreSQL understands it as it is; the fake upstream understands nothing else. */

/** Bytes of a row of `rows`. */
export const ROW_BYTES = 8000;

export const echo = (word: string): string => `SELECT '${word}'`;
export const rows = (count: number): string =>
  `SELECT repeat('x', ${ROW_BYTES}) FROM generate_series(1, ${count})`;
export const sleep = (seconds: number): string => `SELECT pg_sleep(${seconds})`;
export const length = (bytes: number): string => `SELECT length('${'y'.repeat(bytes)}')`;

/** A statement, read. */
export type Statement =
  | { readonly kind: 'echo'; readonly word: string }
  | { readonly kind: 'rows'; readonly count: number }
  | { readonly kind: 'sleep'; readonly ms: number }
  | { readonly kind: 'length'; readonly bytes: number };

/** @throws Error on anything that is not one of the above. */
export function readStatement(sql: string): Statement {
  const bytes = sql.startsWith("SELECT length('") ? sql.length - length(0).length : undefined;
  if (bytes !== undefined) return { kind: 'length', bytes };
  const word = /^SELECT '(\w+)'$/.exec(sql)?.[1];
  if (word !== undefined) return { kind: 'echo', word };
  const count = /^SELECT repeat\('x', \d+\) FROM generate_series\(1, (\d+)\)$/.exec(sql)?.[1];
  if (count !== undefined) return { kind: 'rows', count: Number(count) };
  const seconds = /^SELECT pg_sleep\(([\d.]+)\)$/.exec(sql)?.[1];
  if (seconds !== undefined) return { kind: 'sleep', ms: Number(seconds) * 1000 };
  throw new Error(`the fake upstream does not understand ${sql.slice(0, 80)}`);
}
