import t from 'tap';
import { shutOut } from '../../src/cli/shut-out.ts';
import { aBranch, aProject } from '../catalog/a-catalog.ts';

const LIVE = [
  { address: '192.0.2.1', project: 'shop', branch: 'br-main' },
  { address: '192.0.2.1', project: 'shop', branch: 'br-main' },
  { address: '192.0.2.2', project: 'shop', branch: 'br-main' },
  { address: '10.0.0.1', project: 'shop', branch: 'br-main' },
  { address: '192.0.2.1', project: 'shop', branch: 'br-open' },
  { address: '192.0.2.1', project: 'shop', branch: 'br-gone' },
  { address: '192.0.2.1' },
];

t.test('Sessions that a list no longer admits are told of, by address.', async (t) => {
  const after = [aProject('shop', [aBranch('br-main', { allowedIps: ['10.0.0.0/8'] }), aBranch('br-open')])];
  t.strictSame(shutOut(LIVE, after), [
    '2 live sessions from 192.0.2.1 are cut: ip-allow add 192.0.2.1 lets that address in again',
    '1 live session from 192.0.2.2 is cut: ip-allow add 192.0.2.2 lets that address in again',
  ]);
  t.strictSame(shutOut(LIVE, [aProject('shop', [aBranch('br-main')])]), []);
});
