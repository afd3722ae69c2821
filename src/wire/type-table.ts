const tables = new WeakMap<readonly number[], Uint8Array>();

/**
 * A table of all types of frames, with 1 for each of these: the quickest way to ask. A list that is made once has its
 * table once, however many sessions look things up in it.
 */
export function typeTable(types: readonly number[]): Uint8Array {
  const known = tables.get(types);
  if (known !== undefined) return known;
  const table = new Uint8Array(256);
  for (const type of types) table[type] = 1;
  tables.set(types, table);
  return table;
}
