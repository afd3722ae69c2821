import t from 'tap';
import { Reminders, watchExpiry } from '../../src/app/expiry-watch.ts';
import { DAY_MS } from '../../src/certificates/lifetimes.ts';
import type { Expiring } from '../../src/net/certificate-warnings.ts';

const NOW = new Date('2026-11-23T12:00:00Z');

function later(days: number): Date {
  return new Date(NOW.getTime() + days * DAY_MS);
}

/** Something that began and ends so many days from now. */
function lasting(from: number, until: number, what: Expiring['what'] = 'certificate'): Expiring {
  return { file: `${from} to ${until}`, what, notBefore: later(from), notAfter: later(until) };
}

t.test('What ends soon, as measured by its own length, is told of once a day.', async (t) => {
  const reminders = new Reminders([], NOW);
  const quiet = [lasting(-79, 11), lasting(-600, 15), lasting(-6, 1, 'revocation list')];
  t.strictSame(reminders.due(quiet, NOW), []);
  const soon = [lasting(-83, 7), lasting(-600, 13), lasting(-6.5, 0.5, 'revocation list')];
  t.strictSame(reminders.due(soon, NOW), [
    { file: '-83 to 7', problem: 'ends on 2026-11-30T12:00:00.000Z: renew it' },
    { file: '-600 to 13', problem: 'ends on 2026-12-06T12:00:00.000Z: renew it' },
    { file: '-6.5 to 0.5', problem: 'ends on 2026-11-24T00:00:00.000Z: renew it' },
  ]);
  t.strictSame(reminders.due(soon, later(0.9)), []);
  t.equal(reminders.due(soon, later(1)).length, 3);
});

t.test('What ends in the meantime is told of, and what that means for a list.', async (t) => {
  const list = lasting(-30, 0.5, 'revocation list');
  const reminders = new Reminders([list], NOW);
  t.strictSame(reminders.due([list], later(2)), [
    {
      file: '-30 to 0.5',
      problem: 'ended on 2026-11-24T00:00:00.000Z: renew it, client certificates are refused until then',
    },
  ]);
});

t.test('What had ended at the start was told of then, and is again a day later.', async (t) => {
  const ended = lasting(-30, -1);
  const reminders = new Reminders([ended], NOW);
  t.strictSame(reminders.due([ended], NOW), []);
  t.match(reminders.due([ended], later(1)), [{ problem: 'ended on 2026-11-22T12:00:00.000Z: renew it' }]);
});

t.test('A watch looks at once, and keeps no process alive.', async (t) => {
  const now = Date.now();
  const ending = { notBefore: new Date(now - 99 * DAY_MS), notAfter: new Date(now + DAY_MS) };
  const told: string[] = [];
  const watch = watchExpiry(
    () => [{ file: 'a.crt', what: 'certificate', ...ending }],
    (file) => told.push(file),
  );
  t.strictSame(told, ['a.crt']);
  watch.close();
});
