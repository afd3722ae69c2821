import fc from 'fast-check';
import t from 'tap';
import { endpointOfSni } from '../../src/routing/sni.ts';
import { anyText } from '../allowlist/any-text.ts';

const NAMES: readonly (readonly [servername: string, endpoint: string])[] = [
  ['ep-main-1.db.example.com', 'ep-main-1'],
  ['ep-main-1.localhost', 'ep-main-1'],
  ['ep-main-1', 'ep-main-1'],
  ['ep-main-1.db.example.com.', 'ep-main-1'],
  ['EP-Main-1.DB.Example.COM', 'ep-main-1'],
  ['ep-main_1.my_host', 'ep-main_1'],
  [`ep-${'x'.repeat(60)}.db.example.com`, `ep-${'x'.repeat(60)}`],
  [`ep-x${'.y'.repeat(124)}z`, 'ep-x'],
  [`ep-x${'.y'.repeat(124)}z.`, 'ep-x'],
];

const NONE = [
  '',
  '.',
  'localhost',
  'db.example.com',
  'my-ep-main-1.db.example.com',
  'db.ep-main-1.example.com',
  'ep',
  'ep-',
  'ep-.db.example.com',
  'ep_main.db.example.com',
  '203.0.113.7',
  '2001:db8::1',
  '[2001:db8::1]',
  'ep-main-1\0',
  'ep-main-1\0.db.example.com',
  'ep-main-1.db.example.com\0.evil.example',
  'ep-main-1\n.db.example.com',
  'ep-main-1.db.example.com\n',
  ' ep-main-1',
  'ep-main 1.db.example.com',
  'ep-mäin.db.example.com',
  'ep-main\u212A.db.example.com',
  'ep-main-1..example.com',
  'ep-main-1.db.example.com..',
  '.ep-main-1.db.example.com',
  'ep-main-1:5432',
  'ep-main-1/db',
  '*.db.example.com',
  `ep-${'x'.repeat(61)}.db.example.com`,
  `ep-x.${'y'.repeat(64)}.example.com`,
  `ep-x${'.y'.repeat(125)}`,
  `ep-x${'.y'.repeat(125)}.`,
  `ep-${'x'.repeat(1_000_000)}`,
  `ep-x${'.y'.repeat(1_000_000)}`,
];

t.test('A label that begins with ep- names an endpoint.', async (t) => {
  for (const [servername, endpoint] of NAMES) t.equal(endpointOfSni(servername), endpoint, servername);
});

t.test('Any other name counts as none.', async (t) => {
  t.equal(endpointOfSni(undefined), undefined);
  for (const name of NONE) t.equal(endpointOfSni(name), undefined, JSON.stringify(name).slice(0, 60));
});

t.test('What is found is a lower-case label that the name begins with.', async (t) => {
  const piece = fc.constantFrom('ep-', 'EP-', 'a', 'Z', '0', '-', '.', '\0', '\u212A', 'x'.repeat(30));
  const almost = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''));
  const property = fc.property(fc.oneof(almost, anyText), (name) => {
    const endpoint = endpointOfSni(name);
    if (endpoint === undefined) return true;
    const [label] = name.split('.');
    return /^ep-[a-z0-9_-]{1,60}$/.test(endpoint) && label?.toLowerCase() === endpoint;
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2000 }));
});
