import { getActiveResourcesInfo } from 'node:process';
import t from 'tap';
import { PasswordRater } from '../../src/app/password-rater.ts';

const STRONG = 'g6s7MQgx5ApdPqfJ';

/** A thread that runs this text in place of ours. */
function thread(text: string): URL {
  const head = "import { parentPort, threadId } from 'node:worker_threads';";
  return new URL(`data:text/javascript,${encodeURIComponent(`${head}\n${text}`)}`);
}

/** Answers with its own number as bits, after a turn of its loop; hangs, dies and throws when told to. */
const ODD = thread(`
  parentPort.on('message', ({ password }) => {
    if (password === 'hang') for (;;);
    if (password === 'exit') process.exit(0);
    if (password === 'throw') throw new RangeError('on ' + password);
    parentPort.postMessage({ bits: threadId, verdict: 'strong', why: password });
  });
`);

t.test('A password is rated in a thread, with its context and the bits that are asked for.', async (t) => {
  await using rater = new PasswordRater();
  t.match(await rater.rate('Password123!', {}), { verdict: 'weak', bits: 17 });
  const [strong, asked, weak, known] = await Promise.all([
    rater.rate(STRONG, {}),
    rater.rate(STRONG, {}, 96),
    rater.rate('T3sting!23Ab', {}),
    rater.rate('Quuxzorb-Quuxzorb', { user: 'quuxzorb' }),
  ]);
  t.match(strong, { verdict: 'strong', bits: 95 });
  t.match(asked, { verdict: 'weak', bits: 95 });
  t.match(weak, { verdict: 'weak', bits: 44 });
  t.match(known, { verdict: 'weak', why: /a name that goes with the database/ });
});

t.test('The event loop is free meanwhile.', async (t) => {
  await using rater = new PasswordRater();
  let turns = 0;
  const ticking = setInterval(() => {
    turns += 1;
  }, 1);
  await rater.rate('a4l1t7'.repeat(21), {});
  clearInterval(ticking);
  t.ok(turns > 5, `${turns} turns`);
});

t.test('Many at once are answered in their order by one thread; what is too much is refused.', async (t) => {
  await using rater = new PasswordRater({ worker: ODD, maxWaiting: 3 });
  const order: string[] = [];
  const answers = ['a', 'b', 'c', 'd', 'e'].map(async (password) => {
    const rating = await rater.rate(password, {});
    order.push(password);
    return rating;
  });
  const ratings = await Promise.all(answers);
  t.strictSame(order, ['e', 'a', 'b', 'c', 'd']);
  t.match(ratings[4], { verdict: 'weak', bits: 0, why: 'too many passwords wait to be checked' });
  t.equal(new Set(ratings.slice(0, 4).map(({ bits }) => bits)).size, 1, 'one thread');
});

t.test('A password that takes too long is refused, and the next has a thread of its own.', async (t) => {
  await using rater = new PasswordRater({ worker: ODD, deadline: 2500 });
  const before = await rater.rate('before', {});
  const [hanging, waiting] = await Promise.all([rater.rate('hang', {}), rater.rate('waits behind it', {})]);
  const late = { verdict: 'weak', bits: 0, why: 'its strength could not be checked in time' };
  t.match(hanging, late);
  t.match(waiting, late, 'it has the same deadline');
  const after = await rater.rate('after', {});
  t.match(after, { verdict: 'strong', why: 'after' });
  t.not(after.bits, before.bits);
});

t.test(
  'A thread that fails or ends refuses what it worked on and nothing else; no text of it is told.',
  async (t) => {
    const reported: string[] = [];
    await using rater = new PasswordRater({ worker: ODD, report: (problem) => reported.push(problem) });
    const ratings = await Promise.all(
      ['throw', 'a', 'exit', 'b'].map((password) => rater.rate(password, {})),
    );
    t.match(ratings, [
      { verdict: 'weak', bits: 0, why: 'its strength could not be checked', suggestion: 'try again' },
      { verdict: 'strong', why: 'a' },
      { verdict: 'weak', bits: 0, why: 'its strength could not be checked', suggestion: 'try again' },
      { verdict: 'strong', why: 'b' },
    ]);
    t.strictSame(reported, [
      'the thread that checks passwords failed: RangeError',
      'the thread that checks passwords ended',
    ]);
  },
);

t.test('A thread that cannot begin refuses everything.', async (t) => {
  const reported: string[] = [];
  await using rater = new PasswordRater({
    worker: new URL('file:///nowhere/at/all.ts'),
    report: (problem) => reported.push(problem),
  });
  for (const password of [STRONG, STRONG])
    t.match(await rater.rate(password, {}), { verdict: 'weak', bits: 0 });
  t.match(reported, [/failed: Error/, /failed: Error/]);
});

t.test('The thread rests after a while without work.', async (t) => {
  await using rater = new PasswordRater({ worker: ODD, rest: 20 });
  const first = await rater.rate('a', {});
  const soon = await rater.rate('b', {});
  t.equal(soon.bits, first.bits);
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.not((await rater.rate('c', {})).bits, first.bits, 'another thread');
});

t.test(
  'Closed, it refuses what was not rated yet and whatever comes, and leaves nothing behind.',
  async (t) => {
    const before = getActiveResourcesInfo().length;
    const rater = new PasswordRater({ worker: ODD });
    const left = [rater.rate('hang', {}), rater.rate('a', {})];
    await rater[Symbol.asyncDispose]();
    t.match(await Promise.all(left), [
      { verdict: 'weak', why: 'the gateway stops' },
      { verdict: 'weak', why: 'the gateway stops' },
    ]);
    t.match(await rater.rate('b', {}), { verdict: 'weak', bits: 0, why: /the gateway stops/ });
    await rater[Symbol.asyncDispose]();
    t.ok(getActiveResourcesInfo().length <= before, getActiveResourcesInfo().join());
  },
);
