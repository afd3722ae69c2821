import fc from 'fast-check';
import t from 'tap';
import { hostName, hostPattern, matchesName, wildcardOver } from '../../src/certificates/match.ts';

t.test('A name covers itself, in whatever case.', async (t) => {
  t.equal(matchesName('db.example.com', 'db.example.com'), true);
  t.equal(matchesName('DB.Example.com', 'db.eXAMPLE.COM'), true);
  t.equal(matchesName('localhost', 'localhost'), true);
  t.equal(matchesName('my_db', 'my_db'), true);
  t.equal(matchesName('db.example.com', 'example.com'), false);
  t.equal(matchesName('db.example.com', 'x.db.example.com'), false);
});

t.test('A wildcard is the whole left-most label and stands for exactly one.', async (t) => {
  t.equal(matchesName('*.example.com', 'ep-main-1.example.com'), true);
  t.equal(matchesName('*.example.com', 'xn--bcher-kva.example.com'), true);
  t.equal(matchesName('*.localhost', 'ep-1.localhost'), true);
  t.equal(matchesName('*.example.com', 'example.com'), false);
  t.equal(matchesName('*.example.com', '.example.com'), false);
  t.equal(matchesName('*.example.com', 'a.b.example.com'), false);
  for (const pattern of [
    '*',
    '*.',
    'e*.example.com',
    '*p.example.com',
    'ep.*.com',
    '*.*.com',
    '**.example.com',
  ]) {
    t.equal(matchesName(pattern, 'ep.example.com'), false, pattern);
  }
  t.equal(matchesName('*.example.com', '*.example.com'), false, 'a client does not ask for a pattern');
});

t.test('An address is not a name, neither in a certificate nor from a client.', async (t) => {
  for (const address of ['127.0.0.1', '::1', '[::1]', '1.2.3', '2130706433', 'fe80::1%eth0']) {
    t.equal(matchesName(address, address), false, address);
  }
  t.equal(matchesName('*.0.0.1', '127.0.0.1'), false);
  t.equal(hostName('ep-1.10'), undefined, 'a last label of digits alone');
});

t.test('What is not a host name matches nothing, not even itself.', async (t) => {
  const kelvin = '\u212a';
  const wrong = [
    '',
    '.',
    'a..b',
    'db.example.com.',
    'a b',
    'db\0.example.com',
    '-a',
    'a-',
    'bücher.example',
    kelvin,
  ];
  for (const text of [...wrong, `${'a'.repeat(64)}.com`, 'a.'.repeat(130)]) {
    t.equal(matchesName(text, text), false, JSON.stringify(text.slice(0, 20)));
  }
  t.equal(matchesName('db.example.com', 'db.example.com\0.evil.org'), false);
  t.equal(matchesName('k.example', `${kelvin}.example`), false, 'the Kelvin sign is not a k');
});

t.test('The longest names are names, and one character more is none.', async (t) => {
  const label = 'a'.repeat(63);
  const longest = `${label}.${label}.${label}.${'b'.repeat(61)}`;
  t.equal(hostName(longest), longest);
  t.equal(hostName(`${longest}b`), undefined);
});

t.test('Patterns and names are compared in lower case.', async (t) => {
  t.equal(hostPattern('*.DB.example'), '*.db.example');
  t.equal(hostPattern('DB'), 'db');
  t.equal(hostPattern('*.1.2.3'), undefined);
  t.equal(wildcardOver('ep.db.example'), '*.db.example');
  t.equal(wildcardOver('localhost'), undefined);
});

t.test('Whatever a client sends, an answer comes and nothing is thrown.', async (t) => {
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.ipV4(), fc.ipV6(), fc.domain());
  fc.assert(
    fc.property(text, (name) => {
      const canonical = hostName(name);
      return matchesName(name, name) === (canonical !== undefined) && (canonical ?? '').length <= 253;
    }),
  );
  t.pass();
});
