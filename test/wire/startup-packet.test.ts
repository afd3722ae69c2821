import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { serialize } from 'pg-protocol';
import t from 'tap';
import { parseOpening } from '../../src/wire/opening-packet.ts';
import {
  parseStartupParameters,
  StartupParameters,
  serializeStartup,
} from '../../src/wire/startup-packet.ts';
import { ProtocolViolation } from '../../src/wire/violation.ts';
import { anyBytes, asciiName, hostileBytes, wireText } from '../support/arbitraries.ts';
import { countedBytes } from '../support/counted-bytes.ts';
import { readOrViolation } from '../support/violations.ts';

const V3 = { major: 3, minor: 0 } as const;

/** A body of the parts with a NUL behind each, and the terminator. */
function body(...parts: (string | Buffer)[]): Buffer {
  return Buffer.concat([...parts.flatMap((part) => [Buffer.from(part), Buffer.of(0)]), Buffer.of(0)]);
}

function settingsOf(parameters: StartupParameters): (readonly [string, Buffer])[] {
  return [...parameters.settings()];
}

/** What an upstream would read of the parameters. */
function asUpstreamReads(parameters: StartupParameters): (readonly [string, Buffer])[] {
  const opening = parseOpening(serializeStartup(V3, parameters));
  if (opening.kind !== 'startup') throw new Error('not a StartupMessage');
  return settingsOf(opening.parameters);
}

/** Names and values that a StartupMessage can hold: no NUL, no empty name; the value in any bytes. */
const names = fc.oneof(
  fc.constantFrom('user', 'database', 'options', 'replication', '__proto__', 'constructor', 'DateStyle'),
  anyBytes(12).map((bytes) =>
    Buffer.concat([Buffer.from('x'), bytes])
      .toString('latin1')
      .replaceAll('\0', ''),
  ),
);
const values = anyBytes(40)
  .map((bytes) => bytes.filter((byte) => byte !== 0))
  .map((bytes) => Buffer.from(bytes));
const settings = fc.array(fc.tuple(names, values), { maxLength: 20 });

t.test('Parameters are read in order, empty values included.', async (t) => {
  const parameters = parseStartupParameters(body('user', 'app', 'database', '', 'options', '-c x=1'));
  t.same(settingsOf(parameters), [
    ['user', Buffer.from('app')],
    ['database', Buffer.from('')],
    ['options', Buffer.from('-c x=1')],
  ]);
  t.equal(parameters.text('database'), '');
  t.equal(parameters.text('replication'), undefined);
});

t.test("Values are their own copies, since the packet's memory may be used again.", async (t) => {
  const bytes = body('user', 'app');
  const parameters = parseStartupParameters(bytes);
  bytes.fill(0);
  t.equal(parameters.text('user'), 'app');
});

t.test('A packet without parameters is only its terminator.', async (t) => {
  t.same(settingsOf(parseStartupParameters(body())), []);
});

t.test('Layouts that PostgreSQL refuses are violations.', async (t) => {
  const layouts: Record<string, Buffer> = {
    'nothing at all': Buffer.alloc(0),
    'a name that does not end': Buffer.from('user'),
    'a name without a value': Buffer.from('user\0'),
    'a value that does not end': Buffer.from('user\0app'),
    'no terminator': Buffer.from('user\0app\0'),
    'an odd name at the end': Buffer.from('user\0app\0database\0'),
    'an odd name before the terminator': Buffer.from('user\0app\0database\0\0'),
    'a NUL behind the terminator': Buffer.from('user\0app\0\0\0'),
    'parameters behind the terminator': Buffer.from('user\0app\0\0user\0postgres\0\0'),
    'a terminator before anything': Buffer.from('\0user\0app\0\0'),
  };
  for (const [what, layout] of Object.entries(layouts)) {
    t.throws(() => parseStartupParameters(layout), ProtocolViolation, what);
  }
});

t.test('Of a repeated name the last value counts, where it stands last.', async (t) => {
  const parameters = parseStartupParameters(
    body(
      'user',
      'app',
      'database',
      'a',
      'user',
      'postgres',
      'DateStyle',
      '1',
      'datestyle',
      '2',
      'DateStyle',
      '3',
    ),
  );
  t.equal(parameters.text('user'), 'postgres');
  t.same(asUpstreamReads(parameters), [
    ['database', Buffer.from('a')],
    ['user', Buffer.from('postgres')],
    ['datestyle', Buffer.from('2')],
    ['DateStyle', Buffer.from('3')],
  ]);
});

t.test('Names of the JavaScript language are names like others.', async (t) => {
  const parameters = parseStartupParameters(body('__proto__', 'a', 'constructor', 'b'));
  t.equal(parameters.text('__proto__'), 'a');
  t.equal(parameters.text('constructor'), 'b');
  t.equal(parameters.text('toString'), undefined);
});

t.test('A value that is not UTF-8 is a violation when it is read, and else passes untouched.', async (t) => {
  const broken = [Buffer.of(0xff), Buffer.of(0xc3), Buffer.of(0xed, 0xa0, 0x80), Buffer.of(0xc0, 0xaf)];
  for (const value of broken) {
    const parameters = parseStartupParameters(body('user', 'app', 'application_name', value));
    t.throws(() => parameters.text('application_name'), ProtocolViolation);
    t.equal(parameters.text('user'), 'app');
    t.same(asUpstreamReads(parameters), [
      ['user', Buffer.from('app')],
      ['application_name', value],
    ]);
  }
});

t.test('A byte order mark is part of a value.', async (t) => {
  t.equal(parseStartupParameters(body('user', '\uFEFFapp')).text('user'), '\uFEFFapp');
});

t.test('A packet of 9,999 bytes that is nearly all options is read and passed on.', async (t) => {
  const frame = 8 + body('user', 'app', 'options', '').length;
  const options = '-c='.repeat(3400).slice(0, 9_999 - frame);
  const parameters = parseStartupParameters(body('user', 'app', 'options', options));
  t.equal(parameters.text('options'), options);
  t.equal(serializeStartup(V3, parameters).length, 9_999);
  t.same(asUpstreamReads(parameters)[1], ['options', Buffer.from(options)]);
});

t.test('Protocol options are named to the client and kept off the upstream.', async (t) => {
  const parameters = parseStartupParameters(body('_pq_.new', '1', 'user', 'app', '_pq_.', '', '_pq_x', '2'));
  t.same(parameters.protocolOptions, ['_pq_.new', '_pq_.']);
  t.same(asUpstreamReads(parameters), [
    ['user', Buffer.from('app')],
    ['_pq_x', Buffer.from('2')],
  ]);
});

t.test('Changed parameters are a copy; `undefined` takes one out.', async (t) => {
  const asked = parseStartupParameters(body('user', 'app', 'options', 'endpoint=ep-1', 'database', 'app'));
  const forwarded = asked.with({ user: 'app_dev_1', options: undefined, database: 'bücher' });
  t.same(asUpstreamReads(forwarded), [
    ['user', Buffer.from('app_dev_1')],
    ['database', Buffer.from('bücher')],
  ]);
  t.equal(asked.text('user'), 'app');
  t.equal(asked.text('options'), 'endpoint=ep-1');
});

t.test('A NUL cannot smuggle a parameter into the upstream packet.', async (t) => {
  const asked = parseStartupParameters(body('user', 'app'));
  t.throws(() => serializeStartup(V3, asked.with({ database: 'shop\0user\0postgres' })), RangeError);
  t.throws(() => serializeStartup(V3, asked.with({ 'a\0user': 'postgres' })), RangeError);
  t.throws(() => serializeStartup(V3, asked.with({ '': 'postgres' })), RangeError);
  // U+0100 is a NUL in latin1, in which names are written.
  t.throws(() => serializeStartup(V3, asked.with({ '\u0100': 'postgres' })), RangeError);
});

t.test('The version asked of the upstream stands in the packet.', async (t) => {
  const parameters = new StartupParameters(new Map([['user', Buffer.from('app')]]));
  for (const minor of [0, 2]) {
    t.match(parseOpening(serializeStartup({ major: 3, minor }, parameters)), {
      version: { major: 3, minor },
    });
  }
});

t.test('What is written is read back as it was, whatever the bytes.', async (t) => {
  fc.assert(
    fc.property(settings, (pairs) => {
      const parameters = new StartupParameters(new Map(pairs));
      deepEqual(asUpstreamReads(parameters), [...new Map(pairs)]);
    }),
    { numRuns: 300 },
  );
  t.pass('every parameter came back');
});

t.test('What is read is written back as it was, where no name repeats.', async (t) => {
  fc.assert(
    fc.property(settings, (pairs) => {
      const bytes = [...new Map(pairs)].flatMap(([name, value]) => [Buffer.from(name, 'latin1'), value]);
      const packet = serializeStartup(V3, parseStartupParameters(body(...bytes)));
      ok(packet.subarray(8).equals(body(...bytes)));
      equal(packet.readUInt32BE(0), packet.length);
    }),
    { numRuns: 300 },
  );
  t.pass('every packet came back');
});

t.test('Whatever node-postgres writes is read as what it was given.', async (t) => {
  const given = fc.dictionary(asciiName(), wireText(), { noNullPrototype: true });
  fc.assert(
    fc.property(given, (options) => {
      const opening = parseOpening(serialize.startup(options));
      equal(opening.kind, 'startup');
      if (opening.kind !== 'startup') return;
      const expected = Object.entries({ ...options, client_encoding: 'UTF8' });
      for (const [name, value] of expected) equal(opening.parameters.text(name), value);
    }),
  );
  t.pass('every parameter was read');
});

t.test('Arbitrary bodies are read or are violations, and what is read can be written.', async (t) => {
  fc.assert(
    fc.property(fc.oneof(anyBytes(), hostileBytes()), (bytes) => {
      const parameters = readOrViolation(() => parseStartupParameters(bytes));
      if (parameters instanceof ProtocolViolation) return;
      const kept = settingsOf(parameters);
      deepEqual(asUpstreamReads(parameters), kept);
      for (const [name] of kept) readOrViolation(() => parameters.text(name));
    }),
    { numRuns: 1000 },
  );
  t.pass('nothing but ProtocolViolation was thrown');
});

t.test('The work grows with the bytes and no faster, however they are laid out.', async (t) => {
  const length = 9_992;
  const layouts = [
    Buffer.alloc(length),
    Buffer.alloc(length, 'a'),
    Buffer.alloc(length, 'a\0'),
    Buffer.alloc(length, 'a\0\0'),
    Buffer.concat([Buffer.alloc(length - 1, 'a\0b\0'), Buffer.of(0)]),
    Buffer.concat([Buffer.from('a\0'), Buffer.alloc(length - 2, 'b')]),
  ];
  for (const layout of layouts) {
    const { bytes, looked } = countedBytes(layout);
    readOrViolation(() => parseStartupParameters(bytes));
    t.ok(looked() <= 3 * length, `${looked()} looks at ${length} bytes`);
  }
});
