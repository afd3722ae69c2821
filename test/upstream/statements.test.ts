import { Duplex } from 'node:stream';
import t from 'tap';
import { ConnectionClosed, Leg } from '../../src/legs/leg.ts';
import type { UpstreamSession } from '../../src/upstream/open-session.ts';
import { runStatements, StatementFailed } from '../../src/upstream/statements.ts';
import { BACKEND, serializeFrame } from '../../src/wire/frame.ts';
import { ProtocolViolation } from '../../src/wire/violation.ts';
import { anUpstream } from '../catalog/a-catalog.ts';

/** A session whose upstream answers everything with these bytes, and then leaves or stays. */
function answering(...answers: readonly Buffer[]): { session: UpstreamSession; asked: Buffer[] } {
  const asked: Buffer[] = [];
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _, done) {
      asked.push(chunk);
      stream.push(Buffer.concat(answers));
      stream.push(null);
      done();
    },
  });
  const leg = new Leg(stream, new AbortController().signal);
  const ready = { type: BACKEND.readyForQuery, body: Buffer.from('I') };
  return {
    session: { target: anUpstream(), leg, greeting: [], cancelKey: undefined, ready, connectedAt: 0 },
    asked,
  };
}

const READY = serializeFrame(BACKEND.readyForQuery, Buffer.from('I'));
const DONE = serializeFrame(BACKEND.commandComplete, Buffer.from('SELECT 1\0'));

function described(...names: readonly string[]): Buffer {
  const count = Buffer.alloc(2);
  count.writeUInt16BE(names.length);
  const columns = names.map((name) => Buffer.concat([Buffer.from(`${name}\0`), Buffer.alloc(18)]));
  return serializeFrame(BACKEND.rowDescription, count, ...columns);
}

function row(...values: readonly (string | null)[]): Buffer {
  const parts = values.map((value) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(value === null ? -1 : Buffer.byteLength(value));
    return Buffer.concat([length, Buffer.from(value ?? '')]);
  });
  const count = Buffer.alloc(2);
  count.writeUInt16BE(values.length);
  return serializeFrame(BACKEND.dataRow, count, ...parts);
}

function refused(fields: string): Buffer {
  return serializeFrame(BACKEND.errorResponse, Buffer.from(fields));
}

t.test('The rows of all statements come back by their columns’ names.', async (t) => {
  const notice = serializeFrame(BACKEND.noticeResponse, Buffer.from('SNOTICE\0\0'));
  const { session, asked } = answering(
    notice,
    described('a'),
    row('1'),
    DONE,
    described('b', 'c'),
    row('x', null),
    DONE,
    READY,
  );
  const rows = await runStatements(session, 'SELECT 1; SELECT 2');
  t.strictSame(
    rows.map((each) => Object.fromEntries(each)),
    [{ a: '1' }, { b: 'x', c: null }],
  );
  t.match(Buffer.concat(asked).toString('latin1'), /^Q.{4}SELECT 1; SELECT 2\0$/s);
});

t.test('A refusal is told with its SQLSTATE, once the server is ready again.', async (t) => {
  const { session } = answering(refused('C42501\0Mno\0Dbecause\0\0'), refused('CXX000\0Mlater\0\0'), READY);
  const failure = runStatements(session, 'DROP x');
  await t.rejects(failure, { message: 'no', sqlstate: '42501', detail: 'because' });
  await t.rejects(failure, StatementFailed);
  const bare = answering(refused('\0'), READY);
  await t.rejects(runStatements(bare.session, 'x'), {
    message: 'no message',
    sqlstate: '',
    detail: undefined,
  });
});

t.test('An upstream that says nonsense, too much or nothing is not believed.', async (t) => {
  const short = answering(described('a', 'b'), row('1'), READY);
  await t.rejects(runStatements(short.session, 'x'), ProtocolViolation);
  const long = Buffer.from([BACKEND.dataRow, 0x7f, 0xff, 0xff, 0xff]);
  await t.rejects(runStatements(answering(long).session, 'x'), ProtocolViolation);
  await t.rejects(runStatements(answering(described('a')).session, 'x'), ConnectionClosed);
  await t.rejects(runStatements(answering(refused('C42501')).session, 'x'), ProtocolViolation);
});
