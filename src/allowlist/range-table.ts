import type { Words } from './address.ts';

const WORD = 4;
const ADDRESS = 4 * WORD;
/** A row is a range: its first address, then its last. */
const ROW = 2 * ADDRESS;
const ROWS_AT_FIRST = 16;

/** Disjoint ranges in ascending order, in one piece of memory. A look-up halves it, and allocates nothing. */
export class RangeTable {
  readonly #rows: DataView<ArrayBuffer>;

  private constructor(rows: DataView<ArrayBuffer>) {
    this.#rows = rows;
  }

  /** @param bytes rows as RangeTableBuilder leaves them: sorted and disjoint. */
  static from(bytes: ArrayBuffer): RangeTable {
    return new RangeTable(new DataView(bytes));
  }

  get bytes(): ArrayBuffer {
    return this.#rows.buffer;
  }

  get size(): number {
    return this.#rows.byteLength / ROW;
  }

  covers(address: Words): boolean {
    // `low` becomes the count of ranges that begin at or before the address; only the last of them can hold it.
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareAt(this.#rows, middle * ROW, address) <= 0) low = middle + 1;
      else high = middle;
    }
    return low > 0 && compareAt(this.#rows, (low - 1) * ROW + ADDRESS, address) >= 0;
  }

  /** Whether the other table covers all that this one does. Both are walked through once. */
  isWithin(other: RangeTable): boolean {
    let cover = 0;
    for (let row = 0; row < this.#rows.byteLength; row += ROW) {
      while (cover < other.#rows.byteLength && compare(other.#rows, cover + ADDRESS, this.#rows, row) < 0)
        cover += ROW;
      if (cover === other.#rows.byteLength || compare(other.#rows, cover, this.#rows, row) > 0) return false;
      // Rows may touch, so a range of ours may lie in several.
      while (compare(other.#rows, cover + ADDRESS, this.#rows, row + ADDRESS) < 0) {
        if (!other.#touchesNext(cover)) return false;
        cover += ROW;
      }
    }
    return true;
  }

  /** Whether the row at an offset ends where the one behind it begins. */
  #touchesNext(row: number): boolean {
    const next = row + ROW;
    if (next === this.#rows.byteLength) return false;
    return numberAt(this.#rows, next) - numberAt(this.#rows, row + ADDRESS) === 1n;
  }
}

/**
 * Gathers ranges in any order, overlapping or not. A million of them take 32 MB, since each becomes numbers at
 * once and no object outlives its turn.
 */
export class RangeTableBuilder {
  #rows = new DataView(new ArrayBuffer(ROWS_AT_FIRST * ROW));
  #count = 0;

  add(first: Words, last: Words): void {
    const at = this.#count * ROW;
    if (at === this.#rows.byteLength) this.#rows = new DataView(this.#rows.buffer.transfer(2 * at));
    write(this.#rows, at, first);
    write(this.#rows, at + ADDRESS, last);
    this.#count += 1;
  }

  build(): RangeTable {
    const rows = this.#rows;
    const order = Uint32Array.from({ length: this.#count }, (_, index) => index * ROW);
    order.sort((left, right) => compare(rows, left, rows, right));
    const merged = new DataView(new ArrayBuffer(this.#count * ROW));
    let end = 0;
    for (const at of order) {
      const first = read(rows, at);
      const last = read(rows, at + ADDRESS);
      const overlaps = end > 0 && compareAt(merged, end - ADDRESS, first) >= 0;
      if (!overlaps) {
        write(merged, end, first);
        end += ROW;
      }
      if (!overlaps || compareAt(merged, end - ADDRESS, last) < 0) write(merged, end - ADDRESS, last);
    }
    return RangeTable.from(merged.buffer.transfer(end));
  }
}

/** Below zero, zero or above zero, as the address stored at an offset is before, the same as or behind the other. */
function compareAt(rows: DataView, at: number, address: Words): number {
  return (
    rows.getUint32(at) - address[0] ||
    rows.getUint32(at + WORD) - address[1] ||
    rows.getUint32(at + 2 * WORD) - address[2] ||
    rows.getUint32(at + 3 * WORD) - address[3]
  );
}

/** The same of two stored addresses. Apart, so that sorting a million rows allocates nothing. */
function compare(one: DataView, left: number, other: DataView, right: number): number {
  return (
    one.getUint32(left) - other.getUint32(right) ||
    one.getUint32(left + WORD) - other.getUint32(right + WORD) ||
    one.getUint32(left + 2 * WORD) - other.getUint32(right + 2 * WORD) ||
    one.getUint32(left + 3 * WORD) - other.getUint32(right + 3 * WORD)
  );
}

function numberAt(rows: DataView, at: number): bigint {
  return (rows.getBigUint64(at) << 64n) | rows.getBigUint64(at + 2 * WORD);
}

function read(rows: DataView, at: number): Words {
  return [
    rows.getUint32(at),
    rows.getUint32(at + WORD),
    rows.getUint32(at + 2 * WORD),
    rows.getUint32(at + 3 * WORD),
  ];
}

function write(rows: DataView, at: number, address: Words): void {
  rows.setUint32(at, address[0]);
  rows.setUint32(at + WORD, address[1]);
  rows.setUint32(at + 2 * WORD, address[2]);
  rows.setUint32(at + 3 * WORD, address[3]);
}
