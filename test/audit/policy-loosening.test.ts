import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { parseAddress } from '../../src/allowlist/address.ts';
import { keptPolicy } from '../../src/audit/policy.ts';
import { digestOf } from '../../src/audit/policy-digest.ts';
import type { CatalogState } from '../../src/catalog/find.ts';
import type { Branch } from '../../src/catalog/model.ts';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { anUpstream } from '../catalog/a-catalog.ts';
import { AUTH_QUERY, catalogChanges, changed, changesBetween, KEY, shop } from './a-policy.ts';

function sql(passwordMinBits: number | undefined, prehashedPasswords: 'refuse' | 'allow'): Partial<Branch> {
  return { sql: { passwordMinBits, prehashedPasswords, audit: 'none', auditParameters: false } };
}

const LOOSE: readonly [Partial<Branch>, Partial<Branch>][] = [
  [{ clientCertificate: 'optional' }, { clientCertificate: 'required' }],
  [{ clientCertificate: 'off' }, { clientCertificate: 'optional' }],
  [{ clientCertificateRole: 'off' }, { clientCertificateRole: 'cn' }],
  [{ clientCertificateRole: 'san' }, { clientCertificateRole: 'cn' }],
  [{ replication: true }, { replication: false }],
  [{ isDefault: true }, { isDefault: false }],
  [sql(undefined, 'refuse'), sql(60, 'refuse')],
  [sql(59, 'refuse'), sql(60, 'refuse')],
  [sql(60, 'allow'), sql(60, 'refuse')],
  [{ isProtected: false }, { isProtected: true }],
  [{ connectionLimit: undefined }, { connectionLimit: 3 }],
  [{ authQuery: AUTH_QUERY }, { authQuery: undefined }],
  [{ authQuery: { ...AUTH_QUERY, superusers: true } }, { authQuery: AUTH_QUERY }],
  [{ authQuery: { ...AUTH_QUERY, replicationRoles: true } }, { authQuery: AUTH_QUERY }],
  [{ authQuery: { ...AUTH_QUERY, query: 'select 1' } }, { authQuery: AUTH_QUERY }],
  [{ upstream: anUpstream({ sslmode: 'require' }) }, { upstream: anUpstream() }],
  [
    { upstream: anUpstream({ channelBinding: 'prefer' }) },
    { upstream: anUpstream({ channelBinding: 'require' }) },
  ],
  [
    { upstream: anUpstream({ database: undefined }) },
    { upstream: anUpstream({ database: new Map([['a', 'b']]) }) },
  ],
  [
    {
      upstream: anUpstream({
        database: new Map([
          ['a', 'b'],
          ['c', 'd'],
        ]),
      }),
    },
    { upstream: anUpstream({ database: new Map([['a', 'b']]) }) },
  ],
  [
    { upstream: anUpstream({ requireAuth: new Set(['scram-sha-256', 'md5']) }) },
    { upstream: anUpstream({ requireAuth: new Set(['scram-sha-256']) }) },
  ],
];

t.test('What is loosened one way is tightened the other.', async (t) => {
  for (const [loose, strict] of LOOSE) {
    const name = JSON.stringify([loose, strict]);
    t.ok(
      changed(loose, strict).some(({ loosens }) => loosens),
      name,
    );
    const back = changed(strict, loose);
    const otherName = 'clientCertificateRole' in loose && loose.clientCertificateRole === 'san';
    const otherQuery = loose.authQuery?.query !== undefined;
    t.equal(back.some(({ loosens }) => loosens) && !otherName && !otherQuery, false, `${name}, back`);
    t.ok(back.length > 0);
  }
});

/** Sixteen addresses of each family, and lists of them: few enough to ask for each. */
const WORLD = [
  ...Array.from({ length: 16 }, (_, n) => `10.0.0.${n}`),
  ...Array.from({ length: 16 }, (_, n) => `2001:db8::${n.toString(16)}`),
].map((text) => parseAddress(text) ?? []);

const entry = fc.oneof(
  fc.nat(15).map((n) => `10.0.0.${n}`),
  fc.nat(15).map((n) => `2001:db8::${n.toString(16)}`),
  fc.tuple(fc.nat(15), fc.nat(15)).map(([a, b]) => `10.0.0.${Math.min(a, b)}-10.0.0.${Math.max(a, b)}`),
  fc.nat(3).map((n) => `10.0.0.${n * 4}/30`),
  fc.nat(3).map((n) => `2001:db8::${(n * 4).toString(16)}/126`),
);
const list = fc.option(fc.array(entry, { minLength: 1, maxLength: 5 }), { nil: undefined });
const policy = fc
  .record({ own: list, ofProject: list, protectedBranchesOnly: fc.boolean(), isProtected: fc.constant(true) })
  .map(({ own, ofProject, protectedBranchesOnly, isProtected }) =>
    shop(
      { allowedIps: own, isProtected },
      { allowedIps: ofProject && { ips: ofProject, protectedBranchesOnly } },
    ),
  );

function admitted(state: CatalogState): boolean[] {
  const snapshot = new CatalogSnapshot(state);
  const found = snapshot.findBranch('shop', 'br-main-1');
  const allowlist = found && snapshot.allowlistOf(found.project, found.branch);
  return WORLD.map((address) => allowlist === undefined || ('words' in address && allowlist.admits(address)));
}

t.test('A change of lists loosens exactly where an address gets in that did not.', async (t) => {
  fc.assert(
    fc.property(policy, policy, (before, after) => {
      const were = admitted(before);
      const grows = admitted(after).some((is, index) => is && were[index] !== true);
      const changes = catalogChanges(before, after);
      const kept = changesBetween(keptPolicy(digestOf(before, KEY)), keptPolicy(digestOf(after, KEY)));
      return changes.some(({ loosens }) => loosens) === grows && isDeepStrictEqual(kept, changes);
    }),
    { numRuns: 500 },
  );
  t.pass('500 pairs');
});

t.test('What has come and what has gone of a long list is told, whatever stands in its place.', async (t) => {
  const some = fc.array(
    fc.nat(9).map((n) => `10.0.0.${n}`),
    { minLength: 1, maxLength: 12 },
  );
  fc.assert(
    fc.property(some, some, (before, after) => {
      const [change] = changed({ allowedIps: after }, { allowedIps: before });
      if (change === undefined) return isDeepStrictEqual(before, after);
      const added = after.filter((entry) => !before.includes(entry));
      const removed = before.filter((entry) => !after.includes(entry));
      return isDeepStrictEqual([change.added, change.removed], [added, removed]);
    }),
  );
  t.strictSame(changed({ allowedIps: ['10.0.0.1', '10.0.0.1'] }, { allowedIps: ['10.0.0.1'] })[0]?.added, []);
});
