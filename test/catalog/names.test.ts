import fc from 'fast-check';
import t from 'tap';
import { clusterKey, databaseOpenedFor, foldCase } from '../../src/catalog/names.ts';
import { anyText } from '../allowlist/any-text.ts';

t.test('Only ASCII letters lose their case.', async (t) => {
  t.equal(foldCase('EP-Main-1'), 'ep-main-1');
  t.equal(foldCase('ep-\u212A'), 'ep-\u212A', 'the Kelvin sign is no k');
  t.equal(foldCase('ep-\u0130'), 'ep-\u0130', 'the dotted I is no i');
  const property = fc.property(anyText, (name) => {
    const folded = foldCase(name);
    return folded.length === name.length && foldCase(folded) === folded && !/[A-Z]/.test(folded);
  });
  t.doesNotThrow(() => fc.assert(property));
});

t.test('Spellings of one cluster share a key.', async (t) => {
  const key = clusterKey({ host: 'db.internal', port: 5432 });
  t.equal(clusterKey({ host: 'DB.Internal', port: 5432 }), key);
  t.equal(clusterKey({ host: 'db.internal.', port: 5432 }), key);
  t.not(clusterKey({ host: 'db.internal', port: 5433 }), key);
  t.not(clusterKey({ host: 'db2.internal', port: 5432 }), key);
  t.equal(clusterKey({ host: '2001:DB8:0::1', port: 5432 }), clusterKey({ host: '2001:db8::1', port: 5432 }));
  t.equal(clusterKey({ host: '::ffff:10.0.0.1', port: 5432 }), clusterKey({ host: '10.0.0.1', port: 5432 }));
});

t.test('Folders of sockets keep their case.', async (t) => {
  const key = clusterKey({ host: '/run/postgresql', port: 5432 });
  t.equal(clusterKey({ host: '/run/postgresql/', port: 5432 }), key);
  t.not(clusterKey({ host: '/run/PostgreSQL', port: 5432 }), key);
});

t.test('A name of over 63 bytes opens the database that its first 63 bytes name.', async (t) => {
  t.equal(databaseOpenedFor('app'), 'app');
  t.equal(databaseOpenedFor('x'.repeat(63)), 'x'.repeat(63));
  t.equal(databaseOpenedFor('x'.repeat(64)), 'x'.repeat(63));
  t.equal(databaseOpenedFor('é'.repeat(40)), 'é'.repeat(31), 'characters stay whole');
});
