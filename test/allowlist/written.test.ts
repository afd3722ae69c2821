import fc from 'fast-check';
import t from 'tap';
import { formatAddress } from '../../src/allowlist/address.ts';
import { parseEntry } from '../../src/allowlist/entry.ts';
import { networkOf } from '../../src/allowlist/network.ts';
import { byIpCidr, checkWritten } from '../../src/allowlist/written.ts';
import { anyText } from './any-text.ts';
import { aFamily, anAddress } from './numbers.ts';

const GOOD = [
  '203.0.113.7',
  '198.51.100.20 - 198.51.100.50',
  ' 10.0.0.0 / 8 ',
  '0.0.0.0/0',
  '2001:DB8::/32',
  '2001:0db8:0000::/48',
  '::/0',
  '::/80',
  '::ffff:10.0.0.0/104',
  '::ffff:1.0.0.0/104',
  '::ffff:a00:0/104',
  '64:ff9b::1.2.3.0/120',
];

t.test('A good entry has no problems.', async (t) => {
  for (const entry of GOOD) t.strictSame(checkWritten(entry), [], entry);
});

t.test('What ip-cidr alone would let through is a problem.', async (t) => {
  for (const entry of ['203.0.113.7/24', '10.0.0.0/08', 'fe80::%eth0/64', '10.0.0.0/33', 'nonsense']) {
    const parsed = parseEntry(entry);
    t.strictSame(checkWritten(entry), 'problem' in parsed ? [parsed.problem] : ['no problem'], entry);
  }
});

t.test('Both readers agree on every network that we write.', async (t) => {
  const prefixed = aFamily.chain((family) =>
    fc.tuple(anAddress(family), fc.integer({ min: 0, max: family === 4 ? 32 : 128 })),
  );
  const property = fc.property(prefixed, ([address, prefix]) => {
    return checkWritten(`${formatAddress(networkOf(address, prefix))}/${prefix}`).length === 0;
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 300 }));
});

t.test('A CIDR that the second reader reads otherwise is a problem.', async (t) => {
  const problem = ['"10.0.0.0/8" can be read in two ways: write it as a range a-b'];
  const cidr = ' 10.0.0.0/8 ';
  t.strictSame(
    checkWritten(cidr, () => undefined),
    problem,
    'as none',
  );
  t.strictSame(
    checkWritten(cidr, () => ['10.0.0.0', '10.0.0.255']),
    problem,
    'with another end',
  );
  t.strictSame(
    checkWritten(cidr, () => ['9.0.0.0', '10.255.255.255']),
    problem,
    'with another start',
  );
  t.strictSame(
    checkWritten(cidr, () => ['10.0.0.0', 'nonsense']),
    problem,
    'with an end that is none',
  );
  t.strictSame(
    checkWritten(cidr, () => ['', '10.255.255.255']),
    problem,
    'with a start that is none',
  );
});

t.test('Ip-cidr not knowing a CIDR makes it a problem, not an exception.', async (t) => {
  const property = fc.property(anyText, (text) => {
    const problems = checkWritten(`${text}/8`);
    return problems.length <= 1;
  });
  t.doesNotThrow(() => fc.assert(property));
});

t.test('The second reader has no answer for what is no CIDR.', async (t) => {
  t.strictSame(byIpCidr('10.0.0.0/8'), ['10.0.0.0', '10.255.255.255']);
  for (const text of ['', '10.0.0.0', '10.0.0.0/33', 'nonsense/8', '10.0.0.1-10.0.0.2']) {
    t.equal(byIpCidr(text), undefined, text);
  }
});
