import fc from 'fast-check';
import t from 'tap';
import type { Role } from '../../src/catalog/model.ts';
import {
  branchSharing,
  couldBeNameFor,
  originalName,
  upstreamNameOf,
  upstreamRole,
} from '../../src/catalog/upstream-names.ts';
import { aBranch, anUpstream, aProject } from './a-catalog.ts';

const ID = 'br-quiet-river-12345678';
const names = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 63 })
  .filter((name) => Buffer.byteLength(name) <= 63);
const ids = fc.stringMatching(/^br-[a-z]{3,8}-[a-z]{3,9}-\d{8}$/);

t.test('A copy is called after the original and the branch’s id.', async (t) => {
  t.equal(upstreamNameOf('app', ID), 'app_quiet_river_12345678');
  t.equal(upstreamNameOf('app', ID, '00ff'), 'app_quiet_river_12345678_00ff');
  t.equal(originalName('app_quiet_river_12345678', ID), 'app');
  t.equal(originalName('app_quiet_river_12345678_00ff', ID), 'app');
  t.equal(originalName('app', ID), 'app');
  t.equal(originalName('_quiet_river_12345678', ID), '_quiet_river_12345678', 'no name is nothing');
});

t.test('Names fit PostgreSQL’s limit and stay apart.', async (t) => {
  fc.assert(
    fc.property(names, names, ids, ids, (one, two, here, there) => {
      const name = upstreamNameOf(one, here);
      t.ok(Buffer.byteLength(name) <= 63);
      t.ok(name.isWellFormed());
      t.ok(couldBeNameFor(name, here));
      if (one !== two) t.not(upstreamNameOf(two, here), name);
      if (here !== there) t.not(upstreamNameOf(one, there), name);
      t.not(upstreamNameOf(one, here, '00000001'), upstreamNameOf(one, here, '00000002'));
    }),
  );
});

t.test('Names that were not made for a branch are told.', async (t) => {
  for (const name of ['app', 'postgres', 'app_loud_river_12345678', 'app_quiet_river_12345678x', ''])
    t.equal(couldBeNameFor(name, ID), false, name);
});

function role(name: string, upstream?: string): Role {
  const login = undefined;
  return {
    name,
    verifier: undefined,
    verifierUnrated: false,
    connectionLimit: undefined,
    upstream: { role: upstream, login },
  };
}

t.test('Roles of two branches are one upstream where they are called alike on one cluster.', async (t) => {
  const app = role('app');
  t.equal(upstreamRole(app), 'app');
  t.equal(upstreamRole(role('web', 'app')), 'app');
  const main = aBranch('br-main', { roles: [app, role('again', 'app')] });
  const elsewhere = aBranch('br-elsewhere', { upstream: anUpstream({ port: 5433 }), roles: [app] });
  const other = aBranch('br-other', {
    upstream: anUpstream({ host: 'DB.internal.' }),
    roles: [role('web', 'app')],
  });
  t.equal(branchSharing([aProject('a', [main, elsewhere])], main, app), undefined);
  t.equal(branchSharing([aProject('a', [main]), aProject('b', [elsewhere, other])], main, app), other);
});
