import t from 'tap';
import { DAY_MS, daysLeft, isDue, validityFrom } from '../../src/certificates/lifetimes.ts';

const NOW = new Date('2030-01-01T12:00:00Z');

t.test('A certificate begins an hour ago, and lasts its days with both ends counted.', async (t) => {
  const { notBefore, notAfter } = validityFrom(NOW, 825);
  t.equal(NOW.getTime() - notBefore.getTime(), 3_600_000);
  t.equal(notAfter.getTime() - notBefore.getTime() + 1000, 825 * DAY_MS);
});

t.test('Days left are whole ones, negative after the end.', async (t) => {
  const at = (ms: number) => new Date(NOW.getTime() + ms);
  t.equal(daysLeft(at(DAY_MS), NOW), 1);
  t.equal(daysLeft(at(DAY_MS - 1), NOW), 0);
  t.equal(daysLeft(at(-1), NOW), -1);
});

t.test('A certificate is due when fewer than 30 days are left.', async (t) => {
  t.equal(isDue(new Date(NOW.getTime() + 30 * DAY_MS), NOW), false);
  t.equal(isDue(new Date(NOW.getTime() + 30 * DAY_MS - 1), NOW), true);
});
