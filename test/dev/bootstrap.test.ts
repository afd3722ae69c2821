import t from 'tap';
import { devBootstrap, devVerifier, quoteIdentifier } from '../../src/dev/bootstrap.ts';
import { formatVerifier, makeVerifier } from '../../src/scram/verifier.ts';

t.test('a name is quoted as the server reads it.', async (t) => {
  t.equal(quoteIdentifier('app'), '"app"');
  t.equal(quoteIdentifier('a"; DROP ROLE "b'), '"a""; DROP ROLE ""b"');
  t.equal(quoteIdentifier("Größe'\\"), `"Größe'\\"`);
  t.equal(quoteIdentifier('x'.repeat(63)), `"${'x'.repeat(63)}"`);
});

t.test('a name that the server would not keep as it is is refused.', async (t) => {
  for (const name of ['', 'x'.repeat(64), 'ö'.repeat(32), 'a\0b', 'a\ud800']) {
    t.throws(() => quoteIdentifier(name), { name: 'DevError' }, JSON.stringify(name));
  }
});

t.test(
  'role and database are made from a verifier, which is all that is said of the password.',
  async (t) => {
    const verifier = await makeVerifier('open sesame', Buffer.alloc(16, 7), 4096);
    const sql = devBootstrap({ role: 'ann', verifier, database: 'shop' });
    t.equal(sql.length, 2);
    t.equal(
      sql[0],
      `CREATE ROLE "ann" LOGIN NOSUPERUSER CREATEDB CREATEROLE PASSWORD '${formatVerifier(verifier)}'`,
    );
    t.equal(sql[1], 'CREATE DATABASE "shop" OWNER "ann"');
    t.strictSame(devVerifier({ role: 'ann', verifier }), [
      `ALTER ROLE "ann" LOGIN PASSWORD '${formatVerifier(verifier)}'`,
    ]);
  },
);
