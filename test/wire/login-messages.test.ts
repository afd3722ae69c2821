import { deepEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { serialize } from 'pg-protocol';
import t from 'tap';
import {
  authenticationSasl,
  authenticationSaslContinue,
  backendKeyData,
  negotiateProtocolVersion,
} from '../../src/wire/backend-messages.ts';
import { BACKEND, FRONTEND, serializeFrame } from '../../src/wire/frame.ts';
import {
  expectBackend,
  parseAuthentication,
  parseBackendKeyData,
  parseNegotiateVersion,
  parseSaslInitialResponse,
  parseSaslResponse,
} from '../../src/wire/login-messages.ts';
import { ProtocolViolation } from '../../src/wire/violation.ts';
import { anyBytes, asciiName, hostileBytes, mutationsOf } from '../support/arbitraries.ts';
import { countedBytes } from '../support/counted-bytes.ts';
import { frameOf } from '../support/pg-protocol.ts';
import { int32 } from '../support/result-rows.ts';
import { readOrViolation } from '../support/violations.ts';

function authentication(code: number, data = ''): Buffer {
  return Buffer.concat([int32(code), Buffer.from(data, 'latin1')]);
}

function sasl(mechanism: string, length: number, data: string): Buffer {
  return Buffer.concat([Buffer.from(`${mechanism}\0`), int32(length), Buffer.from(data)]);
}

function password(body: Buffer): { type: number; body: Buffer } {
  return { type: FRONTEND.password, body };
}

t.test('Authentication requests are read by their codes.', async (t) => {
  t.same(parseAuthentication(authentication(0)), { kind: 'ok' });
  t.same(parseAuthentication(authentication(3)), { kind: 'cleartext' });
  t.same(parseAuthentication(authentication(5, 'salt')), { kind: 'md5', salt: Buffer.from('salt') });
  t.same(parseAuthentication(authentication(10, 'A\0B\0\0')), { kind: 'sasl', mechanisms: ['A', 'B'] });
  t.same(parseAuthentication(authentication(10, '\0')), { kind: 'sasl', mechanisms: [] });
  t.same(parseAuthentication(authentication(11, 'r=')), { kind: 'sasl-continue', data: Buffer.from('r=') });
  t.same(parseAuthentication(authentication(12, '')), { kind: 'sasl-final', data: Buffer.alloc(0) });
});

t.test('Requests for logins we do not know keep their code.', async (t) => {
  for (const code of [1, 2, 6, 7, 8, 9, 13, -1, 2 ** 31 - 1]) {
    t.same(parseAuthentication(authentication(code, 'x')), { kind: 'unsupported', code });
  }
});

t.test('Authentication requests that do not fit their code are violations.', async (t) => {
  const bodies: Record<string, Buffer> = {
    'nothing at all': Buffer.alloc(0),
    'three bytes of a code': Buffer.alloc(3),
    'bytes behind AuthenticationOk': authentication(0, '\0'),
    'bytes behind a request for a password': authentication(3, '\0'),
    'a salt of 0 bytes': authentication(5),
    'a salt of 3 bytes': authentication(5, 'abc'),
    'a salt of 5 bytes': authentication(5, 'abcde'),
    'no mechanism list': authentication(10),
    'a mechanism that does not end': authentication(10, 'SCRAM-SHA-256'),
    'a mechanism list that does not end': authentication(10, 'SCRAM-SHA-256\0'),
    'bytes behind a mechanism list': authentication(10, 'SCRAM-SHA-256\0\0\0'),
  };
  for (const [what, body] of Object.entries(bodies)) {
    t.throws(() => parseAuthentication(body), ProtocolViolation, what);
  }
});

t.test('Keys of 4 to 256 bytes are taken from BackendKeyData, as copies.', async (t) => {
  for (const length of [4, 5, 32, 256]) {
    const { body } = frameOf(backendKeyData(-4711, Buffer.alloc(length, 0x5a)));
    const read = parseBackendKeyData(body);
    body.fill(0);
    t.same(read, { pid: -4711, key: Buffer.alloc(length, 0x5a) });
  }
});

t.test('BackendKeyData without a pid, or with keys of 0, 3 or 257 bytes, is a violation.', async (t) => {
  for (const length of [0, 3, 4, 7, 4 + 257]) {
    t.throws(() => parseBackendKeyData(Buffer.alloc(length)), ProtocolViolation, `${length}`);
  }
});

t.test('A version negotiation names a version and the options that were not known.', async (t) => {
  const body = Buffer.concat([int32(0x0003_0000), int32(2), Buffer.from('_pq_.a\0_pq_.b\0')]);
  t.same(parseNegotiateVersion(body), {
    version: { major: 3, minor: 0 },
    unknownOptions: ['_pq_.a', '_pq_.b'],
  });
  const versionAlone = Buffer.concat([int32(0x0003_0000), int32(0)]);
  t.same(parseNegotiateVersion(versionAlone), { version: { major: 3, minor: 0 }, unknownOptions: [] });
});

t.test(
  'A version negotiation of another protocol, with a wrong count or an open name is a violation.',
  async (t) => {
    const bodies: Record<string, Buffer> = {
      'nothing at all': Buffer.alloc(0),
      'no count': int32(0x0003_0000),
      'a count without a name': Buffer.concat([int32(0x0003_0000), int32(1)]),
      'a name without a count': Buffer.concat([int32(0x0003_0000), int32(0), Buffer.from('a\0')]),
      'a negative count': Buffer.concat([int32(0x0003_0000), int32(-1)]),
      'a count of 2^31 - 1': Buffer.concat([int32(0x0003_0000), int32(2 ** 31 - 1), Buffer.from('a\0')]),
      'a name that does not end': Buffer.concat([int32(0x0003_0000), int32(1), Buffer.from('a')]),
      'protocol 2.0': Buffer.concat([int32(0x0002_0000), int32(0)]),
      'a minor version alone': Buffer.concat([int32(2), int32(0)]),
      'protocol 4.0': Buffer.concat([int32(0x0004_0000), int32(0)]),
    };
    for (const [what, body] of Object.entries(bodies)) {
      t.throws(() => parseNegotiateVersion(body), ProtocolViolation, what);
    }
  },
);

t.test("node-postgres' SASL messages are read as what they say.", async (t) => {
  fc.assert(
    fc.property(asciiName(), asciiName(300), (mechanism, data) => {
      const initial = frameOf(serialize.sendSASLInitialResponseMessage(mechanism, data));
      deepEqual(parseSaslInitialResponse(initial), { mechanism, data: Buffer.from(data) });
      deepEqual(parseSaslResponse(frameOf(serialize.sendSCRAMClientFinalMessage(data))), Buffer.from(data));
    }),
  );
  t.pass('every message was read');
});

t.test('A SASLInitialResponse of length -1 brings no data, one of length 0 brings none of it.', async (t) => {
  t.same(parseSaslInitialResponse(password(sasl('SCRAM-SHA-256', -1, ''))), {
    mechanism: 'SCRAM-SHA-256',
    data: undefined,
  });
  t.same(parseSaslInitialResponse(password(sasl('SCRAM-SHA-256', 0, ''))), {
    mechanism: 'SCRAM-SHA-256',
    data: Buffer.alloc(0),
  });
});

t.test('A SASLInitialResponse with an open mechanism or a length not its own is a violation.', async (t) => {
  const bodies: Record<string, Buffer> = {
    'nothing at all': Buffer.alloc(0),
    'a mechanism that does not end': Buffer.from('SCRAM-SHA-256'),
    'no length': Buffer.from('SCRAM-SHA-256\0'),
    'three bytes of a length': Buffer.from('SCRAM-SHA-256\0\0\0\0'),
    'less data than its length': sasl('SCRAM-SHA-256', 5, 'n,,'),
    'more data than its length': sasl('SCRAM-SHA-256', 2, 'n,,'),
    'data in spite of -1': sasl('SCRAM-SHA-256', -1, 'n,,'),
    'a length of -2': sasl('SCRAM-SHA-256', -2, ''),
    'a length of 2^31 - 1': sasl('SCRAM-SHA-256', 2 ** 31 - 1, 'n,,'),
    'a plain password': frameOf(serialize.password('secret')).body,
  };
  for (const [what, body] of Object.entries(bodies)) {
    t.throws(() => parseSaslInitialResponse(password(body)), ProtocolViolation, what);
  }
});

t.test('No other message from a client is a SASL response, whatever its type.', async (t) => {
  const body = sasl('SCRAM-SHA-256', 3, 'n,,');
  for (let type = 0; type < 256; type += 1) {
    if (type === FRONTEND.password) continue;
    const initial = readOrViolation(() => parseSaslInitialResponse({ type, body }));
    const response = readOrViolation(() => parseSaslResponse({ type, body }));
    if (!(initial instanceof ProtocolViolation)) t.fail(`type ${type} was taken for a SASLInitialResponse`);
    if (!(response instanceof ProtocolViolation)) t.fail(`type ${type} was taken for a SASLResponse`);
  }
  t.same(parseSaslResponse(password(Buffer.from('c=biws'))), Buffer.from('c=biws'));
});

t.test('A backend message of another type than expected is out of order.', async (t) => {
  const frame = frameOf(serializeFrame(BACKEND.readyForQuery, Buffer.from('I')));
  t.throws(() => expectBackend(frame, 'authentication'), ProtocolViolation);
  t.doesNotThrow(() => expectBackend(frame, 'readyForQuery'));
});

t.test('Arbitrary bytes, and login messages gone wrong, are read or are violations.', async (t) => {
  const seeds = [
    authenticationSasl(['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256']),
    authenticationSaslContinue(Buffer.from('r=abc,s=c2FsdA==,i=4096')),
    serializeFrame(BACKEND.authentication, authentication(5, 'salt')),
    backendKeyData(1, Buffer.alloc(32, 1)),
    negotiateProtocolVersion(['_pq_.a']),
    serialize.sendSASLInitialResponseMessage('SCRAM-SHA-256', 'n,,n=,r=abc'),
  ].map((bytes) => frameOf(bytes).body);
  fc.assert(
    fc.property(fc.oneof(anyBytes(), hostileBytes(), mutationsOf(seeds)), (body) => {
      readOrViolation(() => parseAuthentication(body));
      readOrViolation(() => parseBackendKeyData(body));
      readOrViolation(() => parseNegotiateVersion(body));
      readOrViolation(() => parseSaslInitialResponse(password(body)));
      readOrViolation(() => parseSaslResponse(password(body)));
    }),
    { numRuns: 3000 },
  );
  t.pass('nothing but ProtocolViolation was thrown');
});

t.test('The work grows with the bytes and no faster, however they are laid out.', async (t) => {
  const length = 65_536;
  for (const fill of ['a', 'a\0', '\0']) {
    const mechanisms = countedBytes(Buffer.concat([int32(10), Buffer.alloc(length, fill)]));
    readOrViolation(() => parseAuthentication(mechanisms.bytes));
    t.ok(mechanisms.looked() <= 3 * length, `${mechanisms.looked()} looks at a list of ${length} bytes`);

    const names = Buffer.concat([int32(0x0003_0000), int32(1), Buffer.alloc(length, fill)]);
    const negotiation = countedBytes(names);
    readOrViolation(() => parseNegotiateVersion(negotiation.bytes));
    t.ok(negotiation.looked() <= 3 * length, `${negotiation.looked()} looks at names of ${length} bytes`);
  }
});
