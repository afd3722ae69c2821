import t from 'tap';
import { startEmbedded } from '../support/postgres.ts';
import { aLogin, column, workshopOn } from './a-cluster.ts';

t.test('A database of more than 64 MB is copied by its files.', async (t) => {
  const postgres = await startEmbedded(t, {
    bootstrapSql: ['CREATE ROLE app LOGIN', 'CREATE DATABASE shop OWNER app'],
    settings: { log_statement: 'all', wal_level: 'minimal', max_wal_senders: '0' },
  });
  await column(
    postgres,
    'shop',
    "CREATE TABLE big AS SELECT repeat('x', 2000) AS x FROM generate_series(1, 40000)",
  );
  const shop = workshopOn(postgres, [await aLogin('app', 'x')]);
  const written = 'SELECT sum(wal_bytes) FROM pg_stat_wal';
  const before = Number((await column(postgres, 'postgres', written))[0]);
  await shop.carry({ type: 'create-branch', name: 'feature' });
  const wal = Number((await column(postgres, 'postgres', written))[0]) - before;
  t.ok(wal < 32 * 1024 * 1024, `${wal} bytes of WAL`);
  t.strictSame(await column(postgres, shop.database('feature'), 'SELECT count(*)::int FROM big'), [40_000]);
  t.notMatch(postgres.logged.join('\n'), /SCRAM-SHA-256/, 'no verifier stands in the log');
  await shop.carry({ type: 'delete-branch', branch: 'feature' });
});
