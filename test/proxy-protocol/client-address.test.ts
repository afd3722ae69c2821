import t from 'tap';
import { canBeClient } from '../../src/proxy-protocol/client-address.ts';
import { addressOf } from './headers.ts';

const CLIENTS = [
  '1.0.0.0',
  '10.0.0.1',
  '127.0.0.1',
  '169.254.1.1',
  '192.0.2.1',
  '203.0.113.7',
  '223.255.255.255',
  '::ffff:203.0.113.7',
  '::1',
  '2001:db8::7',
  '64:ff9b::203.0.113.7',
  'fd00::1',
  'fe80::1',
  'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  '::1:0:0:0',
  '0:0:1::',
  '0:1::',
];

const NOBODY = [
  '0.0.0.0',
  '0.255.255.255',
  '224.0.0.0',
  '239.255.255.255',
  '240.0.0.0',
  '240.0.0.1',
  '254.1.2.3',
  '255.255.255.254',
  '255.255.255.255',
  '::ffff:0.0.0.0',
  '::ffff:240.0.0.1',
  '::',
  '::2',
  '::203.0.113.7',
  '::240.0.0.1',
  '::ffff:ffff',
  'ff00::',
  'ff02::1',
  'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
];

t.test("Unicast addresses can be a client's, those of a private network and of loopback too.", async (t) => {
  for (const text of CLIENTS) t.equal(canBeClient(addressOf(text)), true, text);
});

t.test('Unspecified, multicast, broadcast, class-E and IPv4-compatible addresses cannot.', async (t) => {
  for (const text of NOBODY) t.equal(canBeClient(addressOf(text)), false, text);
});
