import { BACKEND, serializeFrame } from '../../src/wire/frame.ts';

/** Results as a server writes them (PostgreSQL manual, 54.7 RowDescription, DataRow), for tests that play one. */

/** A RowDescription of text columns with these names. */
export function rowDescription(names: readonly string[]): Buffer {
  const columns = names.map((name) => {
    const tail = Buffer.alloc(18);
    tail.writeUInt32BE(25, 6); // the type `text`
    tail.writeInt16BE(-1, 10);
    tail.writeInt32BE(-1, 12);
    return Buffer.concat([Buffer.from(`${name}\0`), tail]);
  });
  return serializeFrame(BACKEND.rowDescription, int16(names.length), ...columns);
}

/** A DataRow of these values, null for SQL's NULL. */
export function dataRow(values: readonly (string | null)[]): Buffer {
  const columns = values.map((value) => {
    if (value === null) return int32(-1);
    const bytes = Buffer.from(value);
    return Buffer.concat([int32(bytes.length), bytes]);
  });
  return serializeFrame(BACKEND.dataRow, int16(values.length), ...columns);
}

export function int16(value: number): Buffer {
  return Buffer.of((value >> 8) & 0xff, value & 0xff);
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value, 0);
  return bytes;
}
