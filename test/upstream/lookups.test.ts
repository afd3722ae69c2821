import t from 'tap';
import type { Branch } from '../../src/catalog/model.ts';
import { Secret } from '../../src/catalog/secret.ts';
import { Lookups } from '../../src/upstream/lookups.ts';
import { UpstreamUnreachable } from '../../src/upstream/ports.ts';
import { aBranch, anUpstream } from '../catalog/a-catalog.ts';

const authQuery = {
  role: 'p',
  password: new Secret('x'),
  database: 'postgres',
  query: undefined,
  superusers: false,
  replicationRoles: false,
};
const branch = aBranch('br-1', { authQuery, upstream: anUpstream({ database: new Map([['a', 'b']]) }) });

function someLookups(): Lookups {
  const dial = () => Promise.reject(new UpstreamUnreachable('nobody is asked here'));
  return new Lookups(dial, () => 0);
}

t.test('A branch without auth_query has no look-up.', async (t) => {
  t.equal(someLookups().of({ ...branch, authQuery: undefined }), undefined);
});

t.test('What does not change where and how a branch asks leaves its look-up as it is.', async (t) => {
  const lookups = someLookups();
  const first = lookups.of(branch);
  t.ok(first);
  const alike: Partial<Branch>[] = [
    {},
    { name: 'renamed', allowedIps: ['192.0.2.1'], roles: [] },
    { authQuery: { ...authQuery, password: new Secret('x') } },
    { upstream: { ...branch.upstream, requireAuth: new Set(branch.upstream.requireAuth) } },
    { upstream: { ...branch.upstream, database: undefined } },
  ];
  for (const other of alike) {
    const edited = { ...branch, ...other };
    lookups.retain([edited]);
    t.equal(lookups.of(edited), first);
  }
});

t.test('What does makes a new one, and the old one goes with the branch that had it.', async (t) => {
  const other: Partial<Branch>[] = [
    { authQuery: { ...authQuery, password: new Secret('y') } },
    { authQuery: { ...authQuery, password: undefined } },
    { authQuery: { ...authQuery, superusers: true } },
    { upstream: { ...branch.upstream, host: 'elsewhere' } },
    { upstream: { ...branch.upstream, requireAuth: new Set() } },
    { id: 'br-2' },
  ];
  for (const changes of other) {
    const lookups = someLookups();
    const edited = { ...branch, ...changes };
    const [first, second] = [lookups.of(branch), lookups.of(edited)];
    t.ok(second);
    t.not(second, first);
    t.equal(lookups.of(branch), first, 'a login under way still finds its own');
    lookups.retain([edited]);
    t.equal(lookups.of(edited), second);
    t.not(lookups.of(branch), first, 'it was let go');
  }
  const lookups = someLookups();
  const first = lookups.of(branch);
  lookups.retain([{ ...branch, authQuery: undefined }]);
  t.not(lookups.of(branch), first, 'and so is that of a branch that asks no more');
});
