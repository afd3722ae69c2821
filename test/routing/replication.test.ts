import fc from 'fast-check';
import t from 'tap';
import { isPhysicalReplication, wantsReplication } from '../../src/routing/replication.ts';

const ASKING = ['database', 'true', 'TRUE', 't', 'tr', 'on', 'ON', 'yes', 'y', '1'];
const NOT_ASKING = [
  'false',
  'FALSE',
  'False',
  'f',
  'fa',
  'fal',
  'fals',
  'no',
  'n',
  'NO',
  'off',
  'of',
  'OFF',
  '0',
];
const NEITHER = [
  '',
  ' ',
  'o',
  'O',
  '00',
  '2',
  '-1',
  'falsee',
  'false ',
  ' false',
  'offf',
  'nope',
  'false\0',
  'fal\u017Fe',
  'logical',
  'Database',
];

t.test('The words of replication ask for it.', async (t) => {
  for (const value of ASKING) t.ok(wantsReplication(value), value);
});

t.test('A plain false, and no parameter at all, do not.', async (t) => {
  t.notOk(wantsReplication(undefined));
  for (const value of NOT_ASKING) t.notOk(wantsReplication(value), value);
});

t.test('What PostgreSQL would not understand counts as asking.', async (t) => {
  for (const value of NEITHER) t.ok(wantsReplication(value), JSON.stringify(value));
});

t.test('Nothing but a spelling of false gets past.', async (t) => {
  const letters = fc.string({
    unit: fc.constantFrom('f', 'a', 'l', 's', 'e', 'n', 'o', 'F', 'N', 'O', '0', '1', ' ', '\n'),
  });
  const property = fc.property(letters, (value) => {
    const lower = value.toLowerCase();
    const isFalse =
      value === '0' ||
      (lower.length >= 1 && ('false'.startsWith(lower) || 'no'.startsWith(lower))) ||
      (lower.length >= 2 && 'off'.startsWith(lower));
    return wantsReplication(value) === !isFalse;
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2000 }));
});

t.test('Only what PostgreSQL takes for a plain true is physical replication.', async (t) => {
  for (const value of ASKING) t.equal(isPhysicalReplication(value), value !== 'database', value);
  for (const value of [undefined, ...NOT_ASKING, ...NEITHER])
    t.notOk(isPhysicalReplication(value), JSON.stringify(value) ?? 'none');
});
