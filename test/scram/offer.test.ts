import t from 'tap';
import { SCRAM_SHA_256, SCRAM_SHA_256_PLUS } from '../../src/scram/messages.ts';
import { chooseMechanism, type Offer } from '../../src/scram/offer.ts';
import { BINDING } from './actors.ts';

const BOTH = [SCRAM_SHA_256_PLUS, SCRAM_SHA_256];
const PLAIN = [SCRAM_SHA_256];
const PLUS = [SCRAM_SHA_256_PLUS];

type Row = readonly [Offer['mechanisms'], Buffer | undefined, boolean, Offer['channelBinding'], string];

/** Every combination of offer, binding, TLS and wish that differs. */
const ROWS: readonly Row[] = [
  [BOTH, BINDING, true, 'prefer', 'SCRAM-SHA-256-PLUS p=tls-server-end-point,,'],
  [BOTH, BINDING, true, 'require', 'SCRAM-SHA-256-PLUS p=tls-server-end-point,,'],
  [BOTH, BINDING, true, 'disable', 'SCRAM-SHA-256 n,,'],
  [PLUS, BINDING, true, 'prefer', 'SCRAM-SHA-256-PLUS p=tls-server-end-point,,'],
  [PLUS, BINDING, true, 'disable', 'unsupported'],
  [PLAIN, BINDING, true, 'prefer', 'SCRAM-SHA-256 y,,'],
  [PLAIN, BINDING, true, 'require', 'channel-binding'],
  [PLAIN, BINDING, true, 'disable', 'SCRAM-SHA-256 n,,'],
  [BOTH, undefined, true, 'prefer', 'SCRAM-SHA-256 n,,'],
  [BOTH, undefined, true, 'require', 'channel-binding'],
  [BOTH, undefined, true, 'disable', 'SCRAM-SHA-256 n,,'],
  [PLUS, undefined, true, 'prefer', 'unsupported'],
  [PLAIN, undefined, true, 'prefer', 'SCRAM-SHA-256 n,,'],
  [PLAIN, undefined, true, 'require', 'channel-binding'],
  [PLAIN, undefined, false, 'prefer', 'SCRAM-SHA-256 n,,'],
  [PLAIN, BINDING, false, 'prefer', 'SCRAM-SHA-256 n,,'],
  [PLAIN, undefined, false, 'require', 'channel-binding'],
  [PLAIN, undefined, false, 'disable', 'SCRAM-SHA-256 n,,'],
  [BOTH, undefined, false, 'prefer', 'malformed'],
  [BOTH, BINDING, false, 'disable', 'malformed'],
  [[], BINDING, true, 'prefer', 'unsupported'],
  [['SCRAM-SHA-1', 'OAUTHBEARER', 'scram-sha-256'], BINDING, true, 'prefer', 'unsupported'],
];

t.test('The mechanism and the header follow from the offer, the binding, TLS and the wish.', async (t) => {
  for (const [mechanisms, binding, tls, channelBinding, expected] of ROWS) {
    const choice = chooseMechanism({ mechanisms, binding, tls, channelBinding });
    const found = choice.kind === 'failure' ? choice.code : `${choice.mechanism} ${choice.gs2Header}`;
    const title = `[${mechanisms.join(' ')}], ${binding ? 'a' : 'no'} binding, ${tls ? 'TLS' : 'no TLS'}, ${channelBinding}`;
    t.equal(found, expected, title);
  }
});

t.test('A binding that is required and missing is explained.', async (t) => {
  const require = { mechanisms: PLAIN, channelBinding: 'require' } as const;
  t.match(chooseMechanism({ ...require, binding: undefined, tls: false }), { reason: /does not use TLS/ });
  t.match(chooseMechanism({ ...require, binding: undefined, tls: true }), { reason: /certificate has none/ });
  t.match(chooseMechanism({ ...require, binding: BINDING, tls: true }), { reason: /does not offer it/ });
});

t.test('Only PLUS is bound to the certificate.', async (t) => {
  const offer = { binding: BINDING, tls: true, channelBinding: 'prefer' } as const;
  t.match(chooseMechanism({ ...offer, mechanisms: BOTH }), { binding: BINDING });
  t.match(chooseMechanism({ ...offer, mechanisms: PLAIN }), { binding: undefined });
});
