import { deepEqual, equal } from 'node:assert/strict';
import fc from 'fast-check';
import { serialize } from 'pg-protocol';
import t from 'tap';
import {
  openingLength,
  parseOpening,
  serializeCancel,
  serializeSslRequest,
} from '../../src/wire/opening-packet.ts';
import { ProtocolViolation } from '../../src/wire/violation.ts';
import { anyBytes, hostileBytes, mutationsOf } from '../support/arbitraries.ts';
import { readOrViolation } from '../support/violations.ts';

const SSL = 80877103;
const GSSENC = 80877104;
const CANCEL = 80877102;

/** An untyped packet with its true length, or with one that lies. */
function packet(code: number, body: Buffer = Buffer.alloc(0), length = 8 + body.length): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(length >>> 0, 0);
  head.writeUInt32BE(code >>> 0, 4);
  return Buffer.concat([head, body]);
}

function version(major: number, minor: number): number {
  return major * 65_536 + minor;
}

const USER = Buffer.from('user\0app\0\0');

t.test('SSLRequest and GSSENCRequest are known by their codes.', async (t) => {
  t.same(parseOpening(packet(SSL)), { kind: 'ssl-request' });
  t.same(parseOpening(packet(GSSENC)), { kind: 'gssenc-request' });
});

t.test("node-postgres' SSLRequest is ours, byte for byte.", async (t) => {
  t.same(serializeSslRequest(), serialize.requestSsl());
  t.same(parseOpening(serialize.requestSsl()), { kind: 'ssl-request' });
});

t.test('Lengths of 0 to 7, over 10,000, negative, 2^31 and 0xFFFFFFFF are violations.', async (t) => {
  for (const length of [0, 1, 2, 3, 4, 5, 6, 7, 10_001, -1, 2 ** 31, 0xffff_ffff, 0x7fff_ffff]) {
    t.throws(() => openingLength(packet(SSL, undefined, length)), ProtocolViolation, `${length}`);
  }
});

t.test('Lengths of 8 to 10,000 are admitted, and nothing is read beyond the header for that.', async (t) => {
  for (const length of [8, 9, 16, 9_999, 10_000])
    t.equal(openingLength(packet(SSL, undefined, length)), length);
});

t.test('A packet that is not as long as it says is a violation.', async (t) => {
  for (const length of [7, 9, 10_000]) {
    t.throws(() => parseOpening(packet(SSL, undefined, length)), ProtocolViolation, `${length}`);
  }
  for (let length = 0; length < 8; length += 1) {
    t.throws(() => parseOpening(packet(SSL).subarray(0, length)), ProtocolViolation, `${length} bytes of it`);
  }
});

t.test('A request with bytes behind its code is a violation.', async (t) => {
  for (const code of [SSL, GSSENC]) {
    t.throws(() => parseOpening(packet(code, Buffer.of(0))), ProtocolViolation);
    t.throws(() => parseOpening(packet(code, USER)), ProtocolViolation);
  }
});

t.test('Cancel keys of 4 to 256 bytes are read as they are.', async (t) => {
  for (const length of [4, 5, 32, 255, 256]) {
    const key = Buffer.alloc(length, 0xa5);
    const request = parseOpening(packet(CANCEL, Buffer.concat([Buffer.of(0, 0, 0x30, 0x39), key])));
    t.same(request, { kind: 'cancel-request', pid: 12_345, key }, `${length}`);
  }
});

t.test(
  'Cancel requests without a pid, or with keys of 0, 3 or 257 bytes and more, are violations.',
  async (t) => {
    for (const length of [0, 3, 4, 7, 4 + 257, 9_992]) {
      t.throws(() => parseOpening(packet(CANCEL, Buffer.alloc(length))), ProtocolViolation, `${length}`);
    }
  },
);

t.test("A cancel request's key is its own copy, since the packet's memory may be used again.", async (t) => {
  const bytes = serializeCancel(1, Buffer.from('key!'));
  const request = parseOpening(bytes);
  bytes.fill(0);
  t.match(request, { kind: 'cancel-request', key: Buffer.from('key!') });
});

t.test('Cancel requests made here are read back, negative pids of poolers included.', async (t) => {
  const pids = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  fc.assert(
    fc.property(pids, fc.uint8Array({ minLength: 4, maxLength: 256 }), (pid, bytes) => {
      const key = Buffer.from(bytes);
      const sent = serializeCancel(pid, key);
      equal(openingLength(sent), sent.length);
      deepEqual(parseOpening(sent), { kind: 'cancel-request', pid, key });
    }),
  );
  t.pass('every request came back');
});

t.test("node-postgres' CancelRequest is ours, byte for byte.", async (t) => {
  for (const pid of [1, 4711, 2 ** 31 - 1, -(2 ** 31)]) {
    const key = Buffer.of(0x80, 1, 2, 3);
    t.same(serializeCancel(pid, key), serialize.cancel(pid, key.readInt32BE(0)), `${pid}`);
  }
});

t.test('StartupMessages of every 3.x are read, to be answered or refused elsewhere.', async (t) => {
  for (const minor of [0, 1, 2, 9999, 65_535]) {
    const opening = parseOpening(packet(version(3, minor), USER));
    t.match(opening, { kind: 'startup', version: { major: 3, minor } }, `3.${minor}`);
    if (opening.kind === 'startup') t.equal(opening.parameters.text('user'), 'app');
  }
});

t.test('Other major versions and unknown request codes are violations.', async (t) => {
  const codes = [version(2, 0), version(4, 0), 0, version(1234, 5678 + 3), version(1234, 0), 0xffff_ffff];
  for (const code of codes) {
    t.throws(() => parseOpening(packet(code, USER)), ProtocolViolation, code.toString(16));
  }
});

t.test("node-postgres' StartupMessage is read as what it says.", async (t) => {
  const opening = parseOpening(serialize.startup({ user: 'bärbel', database: 'shop', options: '' }));
  t.match(opening, { kind: 'startup', version: { major: 3, minor: 0 } });
  if (opening.kind !== 'startup') return;
  t.equal(opening.parameters.text('user'), 'bärbel');
  t.equal(opening.parameters.text('database'), 'shop');
  t.equal(opening.parameters.text('options'), '');
  t.equal(opening.parameters.text('client_encoding'), 'UTF8');
});

t.test('Arbitrary bytes, and arbitrary bodies behind every code, are read or are violations.', async (t) => {
  const codes = fc.constantFrom(SSL, GSSENC, CANCEL, version(3, 0), version(3, 2), version(2, 0));
  const bodies = fc.oneof(anyBytes(), hostileBytes(), hostileBytes(9_992));
  fc.assert(
    fc.property(anyBytes(40), (bytes) => {
      readOrViolation(() => openingLength(bytes));
      readOrViolation(() => parseOpening(bytes));
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(codes, bodies, (code, body) => {
      readOrViolation(() => parseOpening(packet(code, body)));
    }),
    { numRuns: 500 },
  );
  t.pass('nothing but ProtocolViolation was thrown');
});

t.test('Valid packets gone wrong are read or are violations.', async (t) => {
  const seeds = [
    serialize.startup({ user: 'app', database: 'shop', application_name: 'psql' }),
    serializeCancel(4711, Buffer.alloc(32, 7)),
    serializeSslRequest(),
  ];
  fc.assert(
    fc.property(mutationsOf(seeds), (bytes) => {
      readOrViolation(() => parseOpening(bytes));
      if (bytes.length < 8) return;
      bytes = Buffer.from(bytes);
      bytes.writeUInt32BE(bytes.length, 0);
      readOrViolation(() => parseOpening(bytes));
    }),
    { numRuns: 1000 },
  );
  t.pass('nothing but ProtocolViolation was thrown');
});

t.test("No violation repeats the peer's bytes.", async (t) => {
  const marker = 'hunter2';
  const packets = [
    packet(version(3, 0), Buffer.from(`${marker}\0${marker}`)),
    packet(version(3, 0), Buffer.from(`${marker}\0${marker}\0\0${marker}`)),
    packet(version(2, 0), Buffer.from(marker)),
    packet(SSL, Buffer.from(marker)),
    packet(CANCEL, Buffer.from(marker)),
  ];
  for (const bytes of packets) {
    const found = readOrViolation(() => parseOpening(bytes));
    if (!(found instanceof ProtocolViolation)) t.fail('it was read');
    else t.notMatch(found.message, marker);
  }
});
