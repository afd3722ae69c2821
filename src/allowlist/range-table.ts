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
    order.sort((left, right) => compareRows(rows, left, right));
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

/** The same of the first addresses of two rows. Apart, so that sorting a million rows allocates nothing. */
function compareRows(rows: DataView, left: number, right: number): number {
  return (
    rows.getUint32(left) - rows.getUint32(right) ||
    rows.getUint32(left + WORD) - rows.getUint32(right + WORD) ||
    rows.getUint32(left + 2 * WORD) - rows.getUint32(right + 2 * WORD) ||
    rows.getUint32(left + 3 * WORD) - rows.getUint32(right + 3 * WORD)
  );
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
