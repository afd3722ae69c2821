import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import t from 'tap';
import { ConnectionClosed, Leg } from '../../src/legs/leg.ts';
import type { ProxyHeader } from '../../src/proxy-protocol/header.ts';
import { readProxyHeader } from '../../src/proxy-protocol/reader.ts';
import { ProtocolViolation } from '../../src/wire/violation.ts';
import { anyBytes, cutAt, hostileBytes, mutationsOf } from '../support/arbitraries.ts';
import { readOrViolation } from '../support/violations.ts';
import {
  IPV4,
  IPV6,
  line,
  readStream,
  readWhole,
  SIGNATURE,
  tlv,
  version2,
  withChecksum,
} from './headers.ts';

const HEADERS: readonly Buffer[] = [
  line('PROXY TCP4 203.0.113.7 192.0.2.1 56324 5432'),
  line('PROXY TCP4 1.1.1.1 2.2.2.2 1 2'),
  line('PROXY TCP6 2001:db8::7 2001:db8::1 56324 5432'),
  line('PROXY UNKNOWN'),
  line('PROXY UNKNOWN ::1 ::1 1 2'),
  version2(0x21, 0x11, IPV4),
  version2(0x21, 0x21, IPV6),
  version2(0x20, 0x00, Buffer.alloc(0)),
  version2(0x20, 0x11, IPV4),
  version2(0x21, 0x31, Buffer.alloc(216)),
  withChecksum(tlv(0xea, '\x01vpce-0123456789abcdef0'), tlv(4, Buffer.alloc(36))),
];

/** Reads from a stream in which the header comes in these chunks, as the session does. */
async function readByLeg(chunks: readonly Buffer[]): Promise<{ header: ProxyHeader; leg: Leg }> {
  const stream = new PassThrough();
  const leg = new Leg(stream, new AbortController().signal);
  const sending = (async () => {
    for (const chunk of chunks) {
      stream.write(chunk);
      await new Promise(setImmediate);
    }
    stream.end();
  })();
  const reader = readProxyHeader();
  let step = reader.next();
  while (!step.done) step = reader.next(await leg.read(step.value));
  await sending;
  return { header: step.value, leg };
}

t.test('A header split at every byte is read as the whole, and what follows it is left.', async (t) => {
  for (const bytes of HEADERS) {
    const stream = Buffer.concat([bytes, Buffer.from('\x16\x03\x01')]);
    for (let cut = 1; cut < stream.length; cut += 1) {
      const { header, leg } = await readByLeg(cutAt(stream, [cut]));
      t.strictSame(header, readWhole(bytes), `${bytes.toString('latin1', 0, 12)} cut at ${cut}`);
      t.equal((await leg.read(3)).toString('latin1'), '\x16\x03\x01');
    }
  }
});

t.test('A header is read byte by byte.', async (t) => {
  for (const bytes of HEADERS) {
    const { header } = await readByLeg([...bytes].map((byte) => Buffer.of(byte)));
    t.strictSame(header, readWhole(bytes), bytes.toString('latin1', 0, 12));
  }
});

t.test('A header that is cut short is none: the reader waits for the rest.', async (t) => {
  for (const bytes of HEADERS) {
    for (let length = 0; length < bytes.length; length += 1) {
      t.equal(readStream(bytes.subarray(0, length)).header, undefined, `${length} of ${bytes.length}`);
    }
    await t.rejects(readByLeg([bytes.subarray(0, -1)]), ConnectionClosed);
  }
});

t.test('No byte behind a header is asked for, not even where it looks like more of it.', async (t) => {
  const behind = [
    '\r\n',
    '\n',
    ' 1\r\n',
    '\0'.repeat(300),
    'PROXY UNKNOWN\r\n',
    SIGNATURE.toString('latin1'),
  ];
  for (const bytes of HEADERS) {
    for (const more of behind) {
      const { taken, header } = readStream(Buffer.concat([bytes, Buffer.from(more, 'latin1')]));
      t.equal(taken, bytes.length);
      t.strictSame(header, readWhole(bytes));
    }
  }
});

t.test('Who sends no header is told by his first byte.', async (t) => {
  const others = [
    '\x16\x03\x01',
    '\0\0\0\x08\x04\xd2\x16\x2f',
    'GET / HTTP/1.1\r\n',
    'p',
    ' PROXY',
    '\n',
    '\xff',
  ];
  for (const text of others) {
    const first = Buffer.from(text, 'latin1').subarray(0, 1);
    t.throws(() => readStream(first), /no PROXY header/, JSON.stringify(text));
  }
});

t.test('A wrong byte anywhere in a signature or in PROXY is a violation.', async (t) => {
  for (const [bytes, length] of [
    [version2(0x21, 0x11, IPV4), SIGNATURE.length],
    [line('PROXY TCP4 203.0.113.7 192.0.2.1 56324 5432'), 'PROXY '.length],
  ] as const) {
    for (let at = 0; at < length; at += 1) {
      for (const flip of [0x01, 0x20, 0x80, 0xff]) {
        const wrong = Buffer.from(bytes);
        wrong.writeUInt8(wrong.readUInt8(at) ^ flip, at);
        t.throws(() => readStream(wrong.subarray(0, length)), /no PROXY header/, `byte ${at}`);
      }
    }
  }
});

/** What a reader makes of a stream: never more than the longest header, and nothing but violations. */
function survives(stream: Buffer): void {
  const reading = readOrViolation(() => readStream(stream));
  if (reading instanceof ProtocolViolation) return;
  const limit = stream.at(0) === 0x0d ? 16 + 4096 : 107;
  if (reading.taken > limit || reading.largestStep > 4096) throw new Error(`${reading.taken} bytes taken`);
}

t.test('Random bytes, alone and behind the beginning of a header, are read or are violations.', async (t) => {
  const beginnings = fc.constantFrom(
    Buffer.alloc(0),
    SIGNATURE,
    Buffer.concat([SIGNATURE, Buffer.of(0x21, 0x11, 0, 100)]),
    Buffer.concat([SIGNATURE, Buffer.of(0x21, 0x11, 0, 100), IPV4]),
    Buffer.concat([SIGNATURE, Buffer.of(0x21, 0x21, 0, 100)]),
    ...['PROXY ', 'PROXY TCP4 ', 'PROXY TCP6 ::', 'PROXY UNKNOWN'].map((text) => Buffer.from(text)),
  );
  const property = fc.property(beginnings, fc.oneof(anyBytes(), hostileBytes()), (start, bytes) =>
    survives(Buffer.concat([start, bytes])),
  );
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2000 }));
});

t.test('Lines of almost the right shape are read or are violations.', async (t) => {
  const word = fc.constantFrom(
    'PROXY',
    'TCP4',
    'TCP6',
    'UNKNOWN',
    '1.1.1.1',
    '::1',
    '0',
    '65536',
    '',
    '\r',
    '\n',
  );
  const property = fc.property(fc.array(word, { maxLength: 12 }), (words) =>
    survives(line(`PROXY ${words.join(' ')}`)),
  );
  t.doesNotThrow(() => fc.assert(property, { numRuns: 1000 }));
});

t.test('Valid headers gone wrong are read or are violations.', async (t) => {
  const property = fc.property(mutationsOf(HEADERS), survives);
  t.doesNotThrow(() => fc.assert(property, { numRuns: 3000 }));
});

t.test("No violation repeats the peer's bytes.", async (t) => {
  const marker = 'hunter2';
  const headers = [
    line(`PROXY ${marker} 1.1.1.1 2.2.2.2 1 2`),
    line(`PROXY TCP4 ${marker} 2.2.2.2 1 2`),
    line(`PROXY TCP4 1.1.1.1 2.2.2.2 ${marker} 2`),
    version2(0x21, 0x11, Buffer.concat([IPV4, tlv(0xea, `\x01${marker}\n`)])),
    version2(0x21, 0x11, Buffer.concat([IPV4, tlv(0x02, Buffer.from(`${marker}\xff`, 'latin1'))])),
  ];
  for (const bytes of headers) {
    const found = readOrViolation(() => readStream(bytes));
    if (!(found instanceof ProtocolViolation)) t.fail('it was read');
    else t.notMatch(found.message, marker);
  }
});
