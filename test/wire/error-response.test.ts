import { deepEqual, equal } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { parseErrorFields, serializeError } from '../../src/wire/error-response.ts';
import { BACKEND, serializeFrame } from '../../src/wire/frame.ts';
import { ProtocolViolation } from '../../src/wire/violation.ts';
import { anyBytes, hostileBytes, mutationsOf, wireText } from '../support/arbitraries.ts';
import { countedBytes } from '../support/counted-bytes.ts';
import { frameOf, readAsNodePostgres } from '../support/pg-protocol.ts';
import { readOrViolation } from '../support/violations.ts';

const REFUSAL = {
  severity: 'FATAL',
  sqlstate: '28000',
  message: 'endpoint is not specified',
  detail: 'a detail',
  hint: 'a hint',
} as const;

t.test('An error carries S, V, C, M, and where given D and H.', async (t) => {
  const frame = frameOf(serializeError(REFUSAL));
  t.equal(frame.type, BACKEND.errorResponse);
  t.equal(
    frame.body.toString(),
    'SFATAL\0VFATAL\0C28000\0Mendpoint is not specified\0Da detail\0Ha hint\0\0',
  );
  const { body } = frameOf(serializeError({ severity: 'ERROR', sqlstate: '22023', message: 'weak' }));
  t.equal(body.toString(), 'SERROR\0VERROR\0C22023\0Mweak\0\0');
});

t.test('node-postgres reads any error of ours as what it says.', async (t) => {
  const fields = fc.record({
    severity: fc.constantFrom('FATAL', 'ERROR'),
    sqlstate: fc.constantFrom('28000', '28P01', '53300'),
    message: wireText(),
    detail: fc.option(wireText(), { nil: undefined }),
    hint: fc.option(wireText(), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fields, async (error) => {
      const [read, ...more] = await readAsNodePostgres(serializeError(error));
      equal(more.length, 0);
      deepEqual(
        {
          severity: read?.['severity'],
          code: read?.['code'],
          detail: read?.['detail'],
          hint: read?.['hint'],
        },
        { severity: error.severity, code: error.sqlstate, detail: error.detail, hint: error.hint },
      );
    }),
  );
  t.pass('every error was read');
});

t.test('A NUL in a text cannot add a field.', async (t) => {
  const bytes = serializeError({ ...REFUSAL, message: 'no\0C00000', detail: undefined, hint: undefined });
  t.same(
    [...parseErrorFields(frameOf(bytes).body)],
    [
      ['S', 'FATAL'],
      ['V', 'FATAL'],
      ['C', '28000'],
      ['M', 'noC00000'],
    ],
  );
});

t.test('The fields of an upstream are read by their letters, and agree with node-postgres.', async (t) => {
  const letters = fc.uniqueArray(fc.constantFrom(...'SVCMDHPpqWscdtnFLR'.split('')));
  await fc.assert(
    fc.asyncProperty(letters, fc.array(wireText(), { minLength: 18, maxLength: 18 }), async (used, texts) => {
      const fields = used.map((letter, i) => [letter, `x${texts[i]}`] as const);
      const body = Buffer.from(`${fields.map(([letter, text]) => `${letter}${text}\0`).join('')}\0`);
      const read = parseErrorFields(body);
      deepEqual([...read], fields);
      const [seen] = await readAsNodePostgres(serializeFrame(BACKEND.noticeResponse, body));
      deepEqual(
        [
          seen?.['severity'],
          seen?.['code'],
          seen?.['detail'],
          seen?.['hint'],
          seen?.['where'],
          seen?.['routine'],
        ],
        ['S', 'C', 'D', 'H', 'W', 'R'].map((letter) => read.get(letter)),
      );
    }),
  );
  t.pass('every field was read');
});

t.test('An error without SQLSTATE, or without any field, is read as such.', async (t) => {
  t.equal(parseErrorFields(Buffer.from('SFATAL\0Mno\0\0')).get('C'), undefined);
  t.equal(parseErrorFields(Buffer.of(0)).size, 0);
});

t.test(
  'An error without its last NUL, with an open field or with bytes behind its end is a violation.',
  async (t) => {
    for (const body of ['', 'S', 'SFATAL', 'SFATAL\0', 'SFATAL\0M', 'SFATAL\0Mno', '\0\0', '\0SFATAL\0\0']) {
      t.throws(() => parseErrorFields(Buffer.from(body)), ProtocolViolation, JSON.stringify(body));
    }
  },
);

t.test('Arbitrary bytes, and errors gone wrong, are read or are violations.', async (t) => {
  const seeds = [frameOf(serializeError(REFUSAL)).body];
  fc.assert(
    fc.property(fc.oneof(anyBytes(), hostileBytes(), mutationsOf(seeds)), (body) => {
      readOrViolation(() => parseErrorFields(body));
    }),
    { numRuns: 2000 },
  );
  t.pass('nothing but ProtocolViolation was thrown');
});

t.test('The work grows with the bytes and no faster, however they are laid out.', async (t) => {
  const length = 65_536;
  for (const layout of [Buffer.alloc(length, 'a'), Buffer.alloc(length, 'a\0'), Buffer.alloc(length)]) {
    const { bytes, looked } = countedBytes(layout);
    readOrViolation(() => parseErrorFields(bytes));
    t.ok(looked() <= 3 * length, `${looked()} looks at ${length} bytes`);
  }
});
