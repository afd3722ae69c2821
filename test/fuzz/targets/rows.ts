import { deepEqual, equal } from 'node:assert/strict';
import { parseDataRow, parseRowDescription } from '../../../src/wire/rows.ts';
import type { Target } from '../target.ts';
import { unlessViolation } from './violations.ts';

const COLUMN_TAIL = 18;
const NULL = 0xffffffff;

/** The body of a RowDescription or DataRow in answer to a query of our own. */
export const rows: Target = {
  maxLength: 70_000,
  floorMs: 50,
  run(input) {
    deepEqual(
      unlessViolation(() => parseRowDescription(input)),
      namesIn(input),
    );
    const values = unlessViolation(() => parseDataRow(input));
    deepEqual(values, valuesIn(input));
    if (values !== undefined) equal(values.length, input.readUInt16BE(0));
  },
};

/** The bytes from the front, as far as they go. */
class Bytes {
  #rest: Buffer;

  constructor(bytes: Buffer) {
    this.#rest = bytes;
  }

  get atEnd(): boolean {
    return this.#rest.length === 0;
  }

  take(count: number): Buffer | undefined {
    if (count > this.#rest.length) return undefined;
    const taken = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return taken;
  }

  takeString(): string | undefined {
    const text = this.take(Math.max(0, this.#rest.indexOf(0)));
    return this.take(1)?.[0] === 0 ? text?.toString('utf8') : undefined;
  }
}

function namesIn(body: Buffer): string[] | undefined {
  return listIn(body, (bytes) => {
    const name = bytes.takeString();
    return bytes.take(COLUMN_TAIL) === undefined ? undefined : name;
  });
}

function valuesIn(body: Buffer): (string | null)[] | undefined {
  return listIn(body, (bytes) => {
    const length = bytes.take(4)?.readUInt32BE(0);
    if (length === NULL) return null;
    return length === undefined ? undefined : bytes.take(length)?.toString('utf8');
  });
}

/** A count and so many items, and nothing behind them. */
function listIn<T>(body: Buffer, item: (bytes: Bytes) => T | undefined): T[] | undefined {
  const bytes = new Bytes(body);
  const count = bytes.take(2)?.readUInt16BE(0);
  const items: T[] = [];
  for (let index = 0; count !== undefined && index < count; index += 1) {
    const read = item(bytes);
    if (read === undefined) return undefined;
    items.push(read);
  }
  return count !== undefined && bytes.atEnd ? items : undefined;
}
