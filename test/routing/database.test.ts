import fc from 'fast-check';
import t from 'tap';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { requestedDatabase, upstreamDatabase } from '../../src/routing/database.ts';
import { aBranch, anUpstream, aProject } from '../catalog/a-catalog.ts';

function mapped(id: string, database: Record<string, string>, host = 'db.internal') {
  return aBranch(id, { upstream: anUpstream({ host, database: new Map(Object.entries(database)) }) });
}

const main = aBranch('br-main');
const elsewhere = aBranch('br-elsewhere', { upstream: anUpstream({ port: 5433 }) });
const shouting = aBranch('br-shouting', { upstream: anUpstream({ host: 'DB.INTERNAL.' }) });
const dev = mapped('br-dev', { app: 'app_dev' });
const bank = mapped('br-bank', { ledger: 'bank_ledger' });
const catalog = new CatalogSnapshot([
  aProject('shop', [main, elsewhere, shouting, dev]),
  aProject('bank', [bank]),
]);

const UNKNOWN = { kind: 'unknown' };

t.test('A branch that maps names reaches those alone.', async (t) => {
  t.strictSame(upstreamDatabase(catalog, dev, 'app'), { kind: 'database', name: 'app_dev' });
  for (const name of ['app_dev', 'App', 'app ', 'postgres', 'template1', 'bank_ledger', '', '__proto__']) {
    t.strictSame(upstreamDatabase(catalog, dev, name), UNKNOWN, name);
  }
});

t.test("A branch without a map reaches all but its neighbours' databases.", async (t) => {
  t.strictSame(upstreamDatabase(catalog, main, 'app'), { kind: 'database', name: 'app' });
  t.strictSame(upstreamDatabase(catalog, main, 'postgres'), { kind: 'database', name: 'postgres' });
  t.strictSame(upstreamDatabase(catalog, main, 'app_dev'), UNKNOWN);
  t.strictSame(upstreamDatabase(catalog, main, 'bank_ledger'), UNKNOWN, 'of another project');
  t.strictSame(
    upstreamDatabase(catalog, main, 'APP_DEV'),
    { kind: 'database', name: 'APP_DEV' },
    'case counts',
  );
});

t.test('A cluster is the same however its host is spelled, and another on another port.', async (t) => {
  t.strictSame(upstreamDatabase(catalog, shouting, 'app_dev'), UNKNOWN);
  t.strictSame(upstreamDatabase(catalog, elsewhere, 'app_dev'), { kind: 'database', name: 'app_dev' });
});

t.test("A name that the upstream would cut down to a neighbour's is unknown.", async (t) => {
  const owned = 'x'.repeat(63);
  const wide = 'é'.repeat(40);
  const neighbours = [mapped('br-long', { app: owned }), mapped('br-wide', { app: wide })];
  const shared = new CatalogSnapshot([aProject('shop', [main, ...neighbours])]);
  t.strictSame(upstreamDatabase(shared, main, owned), UNKNOWN);
  t.strictSame(upstreamDatabase(shared, main, `${owned}y`), UNKNOWN);
  t.strictSame(upstreamDatabase(shared, main, wide), UNKNOWN);
  t.strictSame(
    upstreamDatabase(shared, main, 'é'.repeat(31)),
    UNKNOWN,
    'what is left of a target that is too long',
  );
  t.strictSame(upstreamDatabase(shared, main, 'y'.repeat(63)), { kind: 'database', name: 'y'.repeat(63) });
});

t.test("The empty name is unknown, as the upstream would take its role's name for it.", async (t) => {
  t.strictSame(upstreamDatabase(catalog, main, ''), UNKNOWN);
  const nameless = mapped('br-nameless', { app: '' });
  t.strictSame(
    upstreamDatabase(new CatalogSnapshot([aProject('shop', [nameless])]), nameless, 'app'),
    UNKNOWN,
  );
});

t.test("A client that names no database asks for its user's.", async (t) => {
  t.equal(requestedDatabase(undefined, 'app'), 'app');
  t.equal(requestedDatabase('', 'app'), 'app');
  t.equal(requestedDatabase('shop', 'app'), 'shop');
  t.strictSame(upstreamDatabase(catalog, main, requestedDatabase(undefined, 'app_dev')), UNKNOWN);
});

t.test('No branch reaches a database that another one owns, unless it is its own as well.', async (t) => {
  const name = fc.constantFrom('a', 'b', 'c', 'd');
  const map = fc.option(fc.dictionary(name, name, { noNullPrototype: true }), { nil: undefined });
  const host = fc.constantFrom('one', 'ONE', 'two');
  const property = fc.property(fc.array(fc.tuple(map, host), { maxLength: 5 }), name, (parts, asked) => {
    const branches = parts.map(([database, where], index) =>
      database === undefined
        ? aBranch(`br-${index}`, { upstream: anUpstream({ host: where }) })
        : mapped(`br-${index}`, database, where),
    );
    const snapshot = new CatalogSnapshot([aProject('shop', branches)]);
    return branches.every((branch) => {
      const found = upstreamDatabase(snapshot, branch, asked);
      const own = branch.upstream.database;
      if (own !== undefined) return (found.kind === 'database' ? found.name : undefined) === own.get(asked);
      const isOwned = branches.some(
        ({ upstream }) =>
          upstream.host.toLowerCase() === branch.upstream.host.toLowerCase() &&
          [...(upstream.database?.values() ?? [])].includes(asked),
      );
      return (found.kind === 'unknown') === isOwned;
    });
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 1000 }));
});
