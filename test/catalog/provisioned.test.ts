import t from 'tap';
import { apply } from '../../src/catalog/apply.ts';
import type { Command } from '../../src/catalog/commands.ts';
import { branchToCopy, decide } from '../../src/catalog/decide.ts';
import type { CatalogState } from '../../src/catalog/find.ts';
import type { Branch, Cluster } from '../../src/catalog/model.ts';
import { Secret } from '../../src/catalog/secret.ts';
import { aBranch, anAuthQuery, anUpstream, aProject } from './a-catalog.ts';
import { aRole, freshFor } from './a-verifier.ts';

const CLUSTER: Cluster = {
  upstream: anUpstream(),
  role: 'maker',
  password: undefined,
  database: 'postgres',
  provisioner: 'template',
  parentSessions: 'hold',
};
const MAIN = aBranch('br-main', {
  name: 'main',
  isDefault: true,
  roles: [aRole('app'), aRole('job', { upstream: { role: 'worker', login: { password: new Secret('x') } } })],
  upstream: anUpstream({ database: new Map([['shop', 'shop_1']]) }),
});

function shop(main: Partial<Branch> = {}, cluster: Partial<Cluster> | undefined = {}): CatalogState {
  return [{ ...aProject('shop', [{ ...MAIN, ...main }]), cluster: cluster && { ...CLUSTER, ...cluster } }];
}

function after(state: CatalogState, command: Command, databases?: readonly string[]): CatalogState {
  const decision = decide(state, command, { ...freshFor('app', 'job', 'new'), databases });
  if ('rejection' in decision) throw new Error(decision.rejection.message);
  return decision.events.reduce(apply, state);
}

function dev(state: CatalogState): Branch {
  const found = state[0]?.branches.find(({ name }) => name === 'dev');
  if (found === undefined) throw new Error('no branch dev');
  return found;
}

const CREATE = { type: 'create-branch', name: 'dev' } as const;

t.test('On a cluster, a branch has databases and roles of its own.', async (t) => {
  const made = dev(after(shop(), CREATE));
  const tail = made.id.slice(3).replaceAll('-', '_');
  t.equal(made.provisioner, 'template');
  t.strictSame([...(made.upstream.database ?? [])], [['shop', `shop_1_${tail}`]]);
  t.strictSame(
    made.roles.map(({ upstream }) => upstream),
    [
      { role: `app_${tail}`, login: undefined },
      { role: `worker_${tail}`, login: undefined },
    ],
    'and never the parent’s login',
  );
});

t.test('Roles that come later are its own, too.', async (t) => {
  const state = after(after(shop(), CREATE), { type: 'create-role', branch: 'dev', role: 'new' });
  const role = dev(state).roles.at(-1);
  t.match(role?.upstream.role, /^new_[a-z]+_[a-z]+_\d{8}$/);
});

t.test('A reset gives it other databases, and the same roles.', async (t) => {
  const made = after(shop(), CREATE);
  const reset = after(made, { type: 'reset-branch', branch: 'dev' });
  t.not(dev(reset).upstream.database?.get('shop'), dev(made).upstream.database?.get('shop'));
  t.strictSame(dev(reset).roles, dev(made).roles);
});

t.test('Without a cluster, with an external one, or with an upstream named, nothing is made.', async (t) => {
  const external: Partial<Cluster> = { provisioner: 'external' };
  const database = new Map([['shop', 'there']]);
  for (const made of [
    after([{ ...aProject('shop', [MAIN]), cluster: undefined }], CREATE),
    after(shop({}, external), CREATE),
    after(shop(), { ...CREATE, database }),
  ])
    t.equal(dev(made).provisioner, undefined);
});

t.test('A parent without a map is asked for its databases.', async (t) => {
  const state = shop({ upstream: anUpstream() });
  t.match(branchToCopy(state, CREATE), { copied: { branch: { id: 'br-main' } } });
  t.strictSame(branchToCopy(shop(), CREATE), { copied: undefined });
  t.strictSame(branchToCopy(state, { type: 'reset-branch', branch: 'dev' }), { copied: undefined });
  const made = dev(after(state, CREATE, ['one', 'two']));
  t.strictSame([...(made.upstream.database?.keys() ?? [])], ['one', 'two']);
  t.throws(() => after(state, CREATE, []), /branch main has no database to copy: none belongs to its roles/);
});

t.test('What cannot be copied is refused.', async (t) => {
  const elsewhere = { upstream: anUpstream({ host: 'other' }) };
  t.throws(
    () => after(shop(elsewhere), CREATE),
    /is not on the project’s cluster db\.internal:5432: give --upstream/,
  );
  const shared = [aRole('a'), aRole('b', { upstream: { role: 'a', login: undefined } })];
  t.throws(
    () => after(shop({ roles: shared }), CREATE),
    /roles a and b of branch main are one role upstream/,
  );
  const made = after(shop(), CREATE);
  t.throws(
    () => after(made, { type: 'delete-project' }),
    /the databases of dev were made here; branches delete/,
  );
});

t.test('A protected parent hands down neither passwords nor look-ups.', async (t) => {
  const authQuery = anAuthQuery();
  const made = dev(after(shop({ isProtected: true, authQuery }), CREATE));
  t.equal(made.authQuery, undefined);
  t.notSame(made.roles[0]?.verifier, MAIN.roles[0]?.verifier);
  t.equal(dev(after(shop({ authQuery }), CREATE)).authQuery, undefined, 'nor does any other');
});
