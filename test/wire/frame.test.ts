import { equal } from 'node:assert/strict';
import fc from 'fast-check';
import { serialize } from 'pg-protocol';
import t from 'tap';
import { BACKEND, FRONTEND, parseFrameHeader, serializeFrame } from '../../src/wire/frame.ts';
import { ProtocolViolation } from '../../src/wire/violation.ts';
import { anyBytes } from '../support/arbitraries.ts';
import { frameOf } from '../support/pg-protocol.ts';

t.test("Message types are the manual's letters.", async (t) => {
  const letters = (types: Record<string, number>): Record<string, string> =>
    Object.fromEntries(Object.entries(types).map(([name, type]) => [name, String.fromCharCode(type)]));
  t.same(letters(FRONTEND), {
    bind: 'B',
    close: 'C',
    copyData: 'd',
    copyDone: 'c',
    copyFail: 'f',
    describe: 'D',
    execute: 'E',
    functionCall: 'F',
    parse: 'P',
    password: 'p',
    query: 'Q',
    sync: 'S',
    terminate: 'X',
  });
  t.same(letters(BACKEND), {
    authentication: 'R',
    backendKeyData: 'K',
    bindComplete: '2',
    closeComplete: '3',
    commandComplete: 'C',
    copyBothResponse: 'W',
    copyInResponse: 'G',
    dataRow: 'D',
    emptyQueryResponse: 'I',
    errorResponse: 'E',
    negotiateProtocolVersion: 'v',
    noData: 'n',
    noticeResponse: 'N',
    notificationResponse: 'A',
    parameterStatus: 'S',
    parseComplete: '1',
    portalSuspended: 's',
    readyForQuery: 'Z',
    rowDescription: 'T',
  });
});

function headerOf(length: number): Buffer {
  const header = Buffer.alloc(5, 'Q');
  header.writeUInt32BE(length >>> 0, 1);
  return header;
}

t.test('A frame is read back as the parts it was made of.', async (t) => {
  fc.assert(
    fc.property(fc.nat({ max: 255 }), fc.array(anyBytes(30), { maxLength: 5 }), (type, parts) => {
      const frame = frameOf(serializeFrame(type, ...parts));
      equal(frame.type, type);
      equal(frame.body.equals(Buffer.concat(parts)), true);
    }),
  );
  t.pass('every frame came back');
});

t.test('A frame without a body is its header alone.', async (t) => {
  t.same(serializeFrame(0x53), serialize.sync());
});

t.test("node-postgres' Query and PasswordMessage have the types of ours.", async (t) => {
  t.same(frameOf(serialize.query('select 1')), { type: FRONTEND.query, body: Buffer.from('select 1\0') });
  t.same(frameOf(serialize.password('secret')), { type: FRONTEND.password, body: Buffer.from('secret\0') });
  t.equal(frameOf(serialize.end()).type, FRONTEND.terminate);
  t.equal(frameOf(serialize.copyData(Buffer.of(1))).type, FRONTEND.copyData);
  t.equal(frameOf(serialize.copyDone()).type, FRONTEND.copyDone);
  t.equal(frameOf(serialize.copyFail('')).type, FRONTEND.copyFail);
  t.equal(frameOf(serialize.parse({ text: '' })).type, FRONTEND.parse);
  t.equal(frameOf(serialize.bind()).type, FRONTEND.bind);
});

t.test('Lengths from 4 up to the limit are admitted.', async (t) => {
  t.same(parseFrameHeader(headerOf(4), 4), { type: FRONTEND.query, bodyLength: 0 });
  t.same(parseFrameHeader(headerOf(1000), 1000), { type: FRONTEND.query, bodyLength: 996 });
});

t.test('Lengths under 4, negative ones and those over the limit are violations.', async (t) => {
  for (const length of [0, 1, 2, 3, -1, -(2 ** 31), 0xffff_ffff, 1001, 0x7fff_ffff]) {
    t.throws(() => parseFrameHeader(headerOf(length), 1000), ProtocolViolation, `${length}`);
  }
});
