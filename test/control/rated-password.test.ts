import t from 'tap';
import { Rejected } from '../../src/catalog/rejection.ts';
import { ratedPassword } from '../../src/control/rated-password.ts';
import { rate } from '../../src/passwords/rate.ts';
import type { PasswordContext, Rating } from '../../src/passwords/rating.ts';
import { aBranch, anUpstream, aProject } from '../catalog/a-catalog.ts';
import { aRole } from '../catalog/a-verifier.ts';

const branch = aBranch('br-main', {
  name: 'trunk',
  endpoints: ['ep-quiet-hill', 'ep-other'],
  upstream: anUpstream({ host: 'db.internal', database: new Map([['orders', 'orders_1']]) }),
  roles: [aRole('app', { upstream: { role: 'app_up', login: undefined } })],
});
const place = { project: { ...aProject('shop', [branch]), name: 'The Shop' }, branch };

/** Ratings by the rule itself, without its thread, and what was asked. */
function ratings(): {
  asked: PasswordContext[];
  rate: (text: string, context: PasswordContext) => Promise<Rating>;
} {
  const asked: PasswordContext[] = [];
  return {
    asked,
    rate: (text, context) => {
      asked.push(context);
      return Promise.resolve(rate(text, context));
    },
  };
}

t.test(
  'A strong password is taken as it is, and rated with every name that goes with the role.',
  async (t) => {
    const rater = ratings();
    const password = await ratedPassword('Quuxzorb-Grinfelq-42', 'app', place, rater);
    t.equal(password.reveal(), 'Quuxzorb-Grinfelq-42');
    t.strictSame(rater.asked, [
      {
        user: 'app app_up',
        database: 'orders orders_1',
        branch: 'trunk',
        host: 'db.internal ep-quiet-hill ep-other',
        project: 'shop The Shop',
      },
    ]);
    await ratedPassword('Quuxzorb-Grinfelq-42', 'new', place, rater);
    t.match(rater.asked[1], { user: 'new' });
  },
);

t.test('A weak one is refused with bits, reason and mend on one line, and not quoted.', async (t) => {
  for (const [password, message] of [
    [
      'Password123!',
      /^password is too weak: 17 bits, at least 60 needed; it is built on a common password: add at/,
    ],
    ['Trunk-Quiet-Hill', /^password is too weak: \d+ bits, .* a name that goes with the database/],
    ['sh0rt', /^password is too weak: it is shorter than 12 characters: take one from/],
  ] as const) {
    const error: unknown = await ratedPassword(password, 'app', place, ratings()).catch(
      (thrown: unknown) => thrown,
    );
    t.type(error, Rejected);
    t.match(error, { message, fault: 'state' });
    t.notMatch(String(error), new RegExp(`${password}|\n`));
  }
});

t.test('What could not be rated is refused.', async (t) => {
  const unable = { bits: 0, verdict: 'weak', why: 'too many passwords wait', suggestion: undefined } as const;
  const rater = { rate: () => Promise.resolve(unable) };
  await t.rejects(ratedPassword('x', 'app', place, rater), {
    name: 'Rejected',
    message: 'password is too weak: too many passwords wait',
  });
});
