import { deepEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { parseDataRow, parseRowDescription } from '../../src/wire/rows.ts';
import { ProtocolViolation } from '../../src/wire/violation.ts';
import { anyBytes, hostileBytes, mutationsOf, wireText } from '../support/arbitraries.ts';
import { countedBytes } from '../support/counted-bytes.ts';
import { frameOf, readAsNodePostgres } from '../support/pg-protocol.ts';
import { dataRow, int16, int32, rowDescription } from '../support/result-rows.ts';
import { readOrViolation } from '../support/violations.ts';

t.test('The names of columns are read as node-postgres reads them.', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(wireText(), { maxLength: 8 }), async (names) => {
      const sent = rowDescription(names);
      deepEqual(parseRowDescription(frameOf(sent).body), names);
      const [seen] = await readAsNodePostgres(sent);
      deepEqual(
        (seen as { fields: { name: string }[] }).fields.map(({ name }) => name),
        names,
      );
    }),
  );
  t.pass('every name was read');
});

t.test('The values of a row are read as node-postgres reads them, NULL and empty kept apart.', async (t) => {
  const values = fc.array(fc.option(wireText()), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(values, async (row) => {
      const sent = dataRow(row);
      deepEqual(parseDataRow(frameOf(sent).body), row);
      const [seen] = await readAsNodePostgres(sent);
      deepEqual(seen?.['fields'], row);
    }),
  );
  t.same(parseDataRow(frameOf(dataRow([null, ''])).body), [null, '']);
});

t.test('A description that is not as long as its columns is a violation.', async (t) => {
  const { body } = frameOf(rowDescription(['a', 'b']));
  for (let length = 0; length < body.length; length += 1) {
    t.throws(() => parseRowDescription(body.subarray(0, length)), ProtocolViolation, `${length} bytes of it`);
  }
  t.throws(() => parseRowDescription(Buffer.concat([body, Buffer.of(0)])), ProtocolViolation);
  t.throws(() => parseRowDescription(int16(-1)), ProtocolViolation, '65,535 columns and none there');
});

t.test('A row that is not as long as its values is a violation.', async (t) => {
  const { body } = frameOf(dataRow(['ab', null, 'c']));
  for (let length = 0; length < body.length; length += 1) {
    t.throws(() => parseDataRow(body.subarray(0, length)), ProtocolViolation, `${length} bytes of it`);
  }
  t.throws(() => parseDataRow(Buffer.concat([body, Buffer.of(0)])), ProtocolViolation);
  t.throws(() => parseDataRow(int16(-1)), ProtocolViolation, '65,535 values and none there');
});

t.test('A value that says it is longer than its row, or of a negative length, is a violation.', async (t) => {
  for (const length of [2, 0x7fff_ffff, -2, -(2 ** 31)]) {
    const body = Buffer.concat([int16(1), int32(length), Buffer.from('x')]);
    t.throws(() => parseDataRow(body), ProtocolViolation, `${length}`);
  }
});

t.test('Arbitrary bytes, and results gone wrong, are read or are violations.', async (t) => {
  const seeds = [
    frameOf(rowDescription(['rolname', 'verifier'])).body,
    frameOf(dataRow(['a', null, ''])).body,
  ];
  fc.assert(
    fc.property(fc.oneof(anyBytes(), hostileBytes(), mutationsOf(seeds)), (body) => {
      readOrViolation(() => parseRowDescription(body));
      readOrViolation(() => parseDataRow(body));
    }),
    { numRuns: 2000 },
  );
  t.pass('nothing but ProtocolViolation was thrown');
});

t.test('The work grows with the bytes and no faster, however they are laid out.', async (t) => {
  const length = 65_536;
  for (const fill of [Buffer.of(0xff), Buffer.from('a'), Buffer.of(0), int32(-1)]) {
    const { bytes, looked } = countedBytes(Buffer.alloc(length, fill).fill(0xff, 0, 2));
    readOrViolation(() => parseRowDescription(bytes));
    readOrViolation(() => parseDataRow(bytes));
    t.ok(looked() <= 4 * length, `${looked()} looks at ${length} bytes`);
  }
});
