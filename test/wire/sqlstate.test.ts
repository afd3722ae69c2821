import t from 'tap';
import { SQLSTATE } from '../../src/wire/sqlstate.ts';

t.test('Every SQLSTATE has five characters and a meaning of its own.', async (t) => {
  const states = Object.values(SQLSTATE);
  for (const state of states) t.match(state, /^[0-9A-Z]{5}$/);
  t.equal(new Set(states).size, states.length);
});
