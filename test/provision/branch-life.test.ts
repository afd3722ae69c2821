import t from 'tap';
import { startEmbedded } from '../support/postgres.ts';
import { aLogin, column, session, workshopOn } from './a-cluster.ts';

const PASSWORD = 'a horse in Mexico';
const postgres = await startEmbedded(t, {
  bootstrapSql: ['CREATE ROLE app LOGIN', 'CREATE DATABASE shop OWNER app'],
});
await column(postgres, 'shop', 'CREATE TABLE items AS SELECT 1 AS id');
await column(postgres, 'shop', 'ALTER TABLE items OWNER TO app');
const shop = workshopOn(postgres, [await aLogin('app', PASSWORD)]);
const at = { host: postgres.socketDir, port: postgres.port, password: PASSWORD };

/** Roles and databases that are there besides the parent's. */
function made(): Promise<unknown[]> {
  return column(
    postgres,
    'postgres',
    `SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname NOT IN ('postgres', 'app')
     UNION ALL SELECT datname FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1', 'shop')`,
  );
}

t.test('A branch lives with a database and roles of its own, and leaves none behind.', async (t) => {
  await shop.carry({ type: 'create-branch', name: 'dev' });
  const first = shop.database('dev');
  const user = shop.role('dev', 'app');
  {
    await using client = await session({ ...at, user, database: first });
    await client.query('INSERT INTO items VALUES (2)');
    t.strictSame(await column(postgres, 'shop', 'SELECT id FROM items'), [1], 'the parent does not see it');

    await shop.carry({ type: 'reset-branch', branch: 'dev' });
    await t.rejects(client.query('SELECT 1'), 'sessions on the old data end');
  }
  const second = shop.database('dev');
  t.not(second, first);
  t.strictSame(await made(), [user, second]);
  await using again = await session({ ...at, user, database: second });
  t.strictSame((await again.query('SELECT id FROM items')).rows, [{ id: 1 }]);

  await shop.carry({ type: 'create-branch', name: 'of-dev', parent: 'dev' }, { drain: true });
  t.match(shop.database('of-dev'), /^shop_[a-z]+_[a-z]+_\d{8}$/, 'names do not grow');
  t.strictSame(await column(postgres, shop.database('of-dev'), 'SELECT id FROM items'), [1]);
  await shop.carry({ type: 'delete-branch', branch: 'of-dev' });
  await shop.carry({ type: 'delete-branch', branch: 'dev' });
  t.strictSame(await made(), []);
  t.match(shop.warnings, [/^sessions on database shop_\S+ were ended for the copy: 1$/]);
  t.equal(shop.intents.intent, undefined);
});

t.test('Roles of a branch that was made are made, changed and closed upstream.', async (t) => {
  await shop.carry({ type: 'create-branch', name: 'roles' });
  const database = shop.database('roles');
  const { passwords } = await shop.carry({ type: 'create-role', branch: 'roles', role: 'new' });
  const user = shop.role('roles', 'new');
  const logIn = async (password: string | undefined): Promise<void> => {
    await using _ = await session({ ...at, user, database, password });
  };
  await logIn(passwords.get('new'));
  const reset = await shop.carry({ type: 'reset-password', branch: 'roles', role: 'new' });
  await logIn(reset.passwords.get('new'));
  await t.rejects(logIn(passwords.get('new')), { code: '28P01' });
  await shop.carry({ type: 'delete-role', branch: 'roles', role: 'new' });
  await t.rejects(logIn(reset.passwords.get('new')), { code: '28P01' });
  const back = await shop.carry({ type: 'create-role', branch: 'roles', role: 'new' });
  await logIn(back.passwords.get('new'));
  await shop.carry({ type: 'delete-branch', branch: 'roles' });
  t.strictSame(await made(), []);
});

t.test('A catalog that cannot be written takes the upstream’s new password back.', async (t) => {
  shop.onWrite = () => {
    throw new Error('no space left');
  };
  const verifier = (): Promise<unknown[]> =>
    column(postgres, 'postgres', "SELECT rolpassword FROM pg_authid WHERE rolname = 'app'");
  await shop.carry({ type: 'reset-password', role: 'app' }).catch(() => undefined);
  const kept = await verifier();
  await t.rejects(shop.carry({ type: 'reset-password', role: 'app' }), /no space left/);
  t.strictSame(await verifier(), kept);
  await t.rejects(shop.carry({ type: 'create-branch', name: 'full' }), /no space left/);
  t.strictSame(await made(), []);
  shop.onWrite = () => {};
  const { passwords } = await shop.carry({ type: 'reset-password', role: 'app' });
  await using _ = await session({ ...at, user: 'app', database: 'shop', password: passwords.get('app') });
  t.not((await verifier())[0], kept[0]);
});

t.test('A database that was not made for the branch is never dropped.', async (t) => {
  await shop.carry({ type: 'create-branch', name: 'odd' });
  const before = shop.state;
  const { id, upstream } = shop.branch('odd');
  shop.state = before.map((project) => ({
    ...project,
    branches: project.branches.map((branch) =>
      branch.id === id
        ? { ...branch, upstream: { ...upstream, database: new Map([['a', 'shop']]) } }
        : branch,
    ),
  }));
  await t.rejects(
    shop.carry({ type: 'delete-branch', branch: 'odd' }),
    /"shop" .*does not belong to a role made/,
  );
  shop.intents.intent = { project: 'p', branch: id, databases: ['shop', 'postgres'], roles: ['app'] };
  await shop.provisioner().settle(shop.state);
  t.strictSame(await column(postgres, 'shop', 'SELECT id FROM items'), [1]);
  shop.state = before;
  await shop.carry({ type: 'delete-branch', branch: 'odd' });
  t.strictSame(await made(), []);
});

t.test('A branch whose cluster cannot be reached is neither made nor deleted.', async (t) => {
  await shop.carry({ type: 'create-branch', name: 'far' });
  const reached = shop.state;
  shop.state = reached.map((project) => ({
    ...project,
    cluster: project.cluster && { ...project.cluster, upstream: { ...project.cluster.upstream, port: 1 } },
    branches: project.branches.map((branch) => ({ ...branch, upstream: { ...branch.upstream, port: 1 } })),
  }));
  const unreachable = /^cannot log in to the cluster as postgres: .*see cluster in catalog.yaml$/;
  await t.rejects(shop.carry({ type: 'create-branch', name: 'more' }), { message: unreachable });
  await t.rejects(shop.carry({ type: 'delete-branch', branch: 'far' }), { message: unreachable });
  await t.rejects(shop.carry({ type: 'reset-password', branch: 'far', role: 'app' }), {
    message: unreachable,
  });
  t.equal(shop.intents.intent, undefined);
  shop.state = reached;
  await shop.carry({ type: 'delete-branch', branch: 'far' });
});

t.test('Two commands do not work on branches at once.', async (t) => {
  await using _held = await shop.intents.hold();
  await t.rejects(shop.carry({ type: 'create-branch', name: 'second' }), /another command is at work/);
  await shop.carry({ type: 'add-ips', ips: ['192.0.2.1'] });
  t.strictSame(shop.state[0]?.allowedIps?.ips, ['192.0.2.1']);
});

t.test('What was changed in the catalog meanwhile counts.', async (t) => {
  const change = (command: Parameters<typeof shop.carry>[0]) => () => {
    shop.intents.onKeep = () => {};
    void shop.carry(command);
  };
  shop.intents.onKeep = change({ type: 'add-ips', branch: 'main', ips: ['192.0.2.7'] });
  await shop.carry({ type: 'create-branch', name: 'guarded' });
  t.strictSame(shop.branch('guarded').allowedIps, ['192.0.2.7'], 'a policy is taken over as it is now');
  shop.intents.onKeep = change({ type: 'rename-branch', branch: 'guarded', name: 'taken' });
  await t.rejects(shop.carry({ type: 'create-branch', name: 'taken' }), /has a branch taken already/);
  await shop.carry({ type: 'delete-branch', branch: 'taken' });
  t.strictSame(await made(), []);
});
