import { randomInt } from 'node:crypto';
import t from 'tap';
import { newBranchId, newEndpointId, newProjectId } from '../../src/catalog/ids.ts';

t.test('Ids have the forms that Neon gives them.', async (t) => {
  t.match(newProjectId(randomInt), /^[a-z]+-[a-z]+-\d{8}$/);
  t.match(newBranchId(randomInt), /^br-[a-z]+-[a-z]+-\d{8}$/);
  t.match(newEndpointId(randomInt), /^ep-[a-z]+-[a-z]+-\d{8}$/);
  t.equal(
    newProjectId(() => 0),
    'amber-art-00000000',
  );
});

t.test('A source of numbers beyond its bound is noticed.', async (t) => {
  t.throws(() => newProjectId((bound) => bound), RangeError);
});
