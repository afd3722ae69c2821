import t from 'tap';
import { typeTable } from '../../src/wire/type-table.ts';

t.test('A table has 1 for the types of its list and 0 for all others.', async (t) => {
  const table = typeTable([0, 0x44, 255]);
  t.equal(table.length, 256);
  t.same(
    [...table.entries()].filter(([, value]) => value !== 0),
    [
      [0, 1],
      [0x44, 1],
      [255, 1],
    ],
  );
});

t.test('A list has its table once, and another list of the same types another.', async (t) => {
  const list = [0x44];
  t.equal(typeTable(list), typeTable(list));
  t.not(typeTable(list), typeTable([0x44]));
});
