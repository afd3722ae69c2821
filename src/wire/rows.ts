import { readCString } from './text.ts';
import { ProtocolViolation } from './violation.ts';

/** Results of our own small queries, in text format (PostgreSQL manual, 54.7 RowDescription, DataRow). */

/** Fixed part of a column's description behind its name: table, column, type, size, modifier, format. */
const COLUMN_TAIL = 18;

/** @returns the columns' names. @throws ProtocolViolation where the body is not a description. */
export function parseRowDescription(body: Buffer): string[] {
  const count = countOf(body);
  const names: string[] = [];
  let at = 2;
  for (let i = 0; i < count; i += 1) {
    const { text, next } = readCString(body, at);
    names.push(text);
    at = next + COLUMN_TAIL;
  }
  if (at !== body.length) throw new ProtocolViolation('a row description of a wrong length');
  return names;
}

/** @returns the columns' values, null where SQL says NULL. @throws ProtocolViolation on a malformed body. */
export function parseDataRow(body: Buffer): (string | null)[] {
  const count = countOf(body);
  const values: (string | null)[] = [];
  let at = 2;
  for (let i = 0; i < count; i += 1) {
    if (at + 4 > body.length) throw new ProtocolViolation('a row cut short');
    const length = body.readInt32BE(at);
    at += 4;
    if (length === -1) {
      values.push(null);
      continue;
    }
    if (length < 0 || at + length > body.length) throw new ProtocolViolation('a value longer than its row');
    values.push(body.toString('utf8', at, at + length));
    at += length;
  }
  if (at !== body.length) throw new ProtocolViolation('a row of a wrong length');
  return values;
}

function countOf(body: Buffer): number {
  if (body.length < 2) throw new ProtocolViolation('a result without its column count');
  return body.readUInt16BE(0);
}
