import type { Address } from './address.ts';
import type { Range } from './entry.ts';
import { RangeTable, RangeTableBuilder } from './range-table.ts';

/** A list as memory alone, which a thread can hand over to another without a copy. */
export interface AllowlistBytes {
  readonly 4: ArrayBuffer;
  readonly 6: ArrayBuffer;
}

/**
 * Who may connect. Families never match each other: `::/0` admits no IPv4 address.
 * Built once from checked ranges; a decision takes under a microsecond at a million of them.
 */
export class Allowlist {
  readonly #tables: { readonly 4: RangeTable; readonly 6: RangeTable };

  private constructor(tables: { readonly 4: RangeTable; readonly 6: RangeTable }) {
    this.#tables = tables;
  }

  /** @param ranges in any order, read one at a time, so that a generator may parse them as it goes. */
  static of(ranges: Iterable<Range>): Allowlist {
    const builders = { 4: new RangeTableBuilder(), 6: new RangeTableBuilder() };
    for (const { first, last } of ranges) builders[first.family].add(first.words, last.words);
    return new Allowlist({ 4: builders[4].build(), 6: builders[6].build() });
  }

  /** @param bytes as `bytes` of another list had them. */
  static from(bytes: AllowlistBytes): Allowlist {
    return new Allowlist({ 4: RangeTable.from(bytes[4]), 6: RangeTable.from(bytes[6]) });
  }

  /** The list's own memory: a list whose bytes were handed over is of no use any more. */
  get bytes(): AllowlistBytes {
    return { 4: this.#tables[4].bytes, 6: this.#tables[6].bytes };
  }

  admits(address: Address): boolean {
    return this.#tables[address.family].covers(address.words);
  }

  /** Whether the other list admits every address that this one does. */
  isWithin(other: Allowlist): boolean {
    return this.#tables[4].isWithin(other.#tables[4]) && this.#tables[6].isWithin(other.#tables[6]);
  }

  /** How many separate ranges are left once overlapping ones are merged. */
  get size(): number {
    return this.#tables[4].size + this.#tables[6].size;
  }

  /** An empty list is a list: it shuts everybody out. */
  get admitsNobody(): boolean {
    return this.size === 0;
  }
}
