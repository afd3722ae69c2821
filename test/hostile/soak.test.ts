import t from 'tap';
import { soakOptions } from '../soak/options.ts';
import { soak } from '../soak/soak.ts';

/** `npm run soak` is the whole of it: 2,000 sessions for 300 s. */
const SECONDS = 10;
const SESSIONS = 60;
const SEED = 20_260_101;

t.test(
  'After kills, resets, half-closes, cancels, reloads and deaths of upstreams nothing is left behind.',
  async (t) => {
    const options = { seconds: SECONDS, sessions: SESSIONS, seed: SEED };
    const report = await soak(t, options, (line) => t.comment(line));
    t.same(report.findings, []);
    t.equal(report.after.liveSessions, 0);
    // Not that nothing was found because nothing happened.
    const { counts } = report.tally;
    t.ok((counts['login'] ?? 0) > SESSIONS, `${counts['login']} logins`);
    t.ok(report.blows.size > 5, `${report.blows.size} kinds of blows`);
    t.ok(report.endings.has('canceled/undefined'), 'statements were canceled');
  },
);

t.test('npm run soak takes 300 s, 2,000 sessions and a seed unless it is told otherwise.', async (t) => {
  t.same(
    soakOptions([], () => 7),
    { seconds: 300, sessions: 2000, seed: 7 },
  );
  t.same(
    soakOptions(['--seconds', '1', '--sessions=5', '--seed', '0'], () => 7),
    { seconds: 1, sessions: 5, seed: 0 },
  );
  const bounds = /^--sessions must be a whole number from 1 to 20000$/;
  for (const sessions of ['0', '20001', '1e3', '-1', 'all', '']) {
    t.throws(() => soakOptions([`--sessions=${sessions}`], () => 7), bounds, sessions);
  }
  t.throws(() => soakOptions(['--minutes', '5'], () => 7), /minutes/);
});
