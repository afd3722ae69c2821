import fc from 'fast-check';
import t from 'tap';
import { ProvisionError } from '../../src/provision/error.ts';
import { identifier, literal, nameArray } from '../../src/provision/quoting.ts';
import { startEmbedded } from '../support/postgres.ts';
import { session } from './a-cluster.ts';

t.test('Names and texts are quoted by the server’s rules.', async (t) => {
  t.equal(identifier('app'), '"app"');
  t.equal(identifier('o"d\\d; --'), '"o""d\\d; --"');
  t.equal(literal("it's \\ E'"), "'it''s \\ E'''");
  t.equal(nameArray(['a', "b'c"]), "ARRAY['a', 'b''c']::pg_catalog.name[]");
  t.equal(nameArray([]), 'ARRAY[]::pg_catalog.name[]');
});

t.test('What PostgreSQL would not keep as it is, is refused.', async (t) => {
  for (const bad of ['', 'x'.repeat(64), 'é'.repeat(32), 'a\0b', '\ud800'])
    t.throws(() => identifier(bad), ProvisionError, JSON.stringify(bad));
  for (const bad of ['a\0b', '\udfff']) t.throws(() => literal(bad), ProvisionError);
  t.equal(identifier('é'.repeat(31)).length, 33);
});

t.test('The server reads what was written.', async (t) => {
  const postgres = await startEmbedded(t);
  await using client = await session({ ...postgres.superuser });
  const texts = fc.string({ unit: 'binary', maxLength: 30 }).filter((text) => !text.includes('\0'));
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      const name = text === '' || Buffer.byteLength(text) > 63 ? 'x' : text;
      const { rows, fields } = await client.query(`SELECT ${literal(text)} AS ${identifier(name)}`);
      t.equal(fields[0]?.name, name);
      t.equal((rows[0] as Record<string, string>)[name], text);
    }),
    { numRuns: 200 },
  );
});
