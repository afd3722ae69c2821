import t from 'tap';
import { compareSamples } from './mann-whitney.ts';
import { guessInTurns, PHASES, type Tried } from './timing.ts';
import { GUESSES, gatewayToGuessAt } from './timing-gateway.ts';

/** `node test/hostile/timing-main.ts` tries 2,000 times, and shows what a busy machine would hide here. */
const TRIES = 60;
/**
 * How often one kind may take longer than the other before it counts as a difference. By chance it is 0.5, with a
 * standard deviation of 0.05 at 60 tries; a step that one of them lacks makes it nearly 1 if it takes 0.1 ms.
 */
const LEAST = 0.2;

t.test('A guesser cannot tell a role, a name without login, no role and no endpoint apart.', async (t) => {
  const { port } = await gatewayToGuessAt(t);
  const names = Object.keys(GUESSES);
  const tried = await guessInTurns(port, Object.values(GUESSES), TRIES);
  const [known = [], ...others] = tried;
  const [example] = known;

  t.test('Every answer has the same bytes, but for nonce and salt.', async (t) => {
    const role = (tries: readonly Tried[], n: number): string[] =>
      tries.map(({ said }) => said.replace(Object.values(GUESSES)[n]?.role ?? '', '<role>'));
    const answers = new Set(tried.flatMap((tries, n) => role(tries, n)));
    t.equal(answers.size, 1, 'one answer for all');
    t.match(example?.said, /r=<nonce>,s=<salt>,i=4096\n.*\0C28P01\0/s);
  });

  t.test('A name’s salt is one of 16 bytes, the same on every try.', async (t) => {
    const salts = tried.map((tries) => [...new Set(tries.map(({ salt }) => salt))]);
    for (const [n, own] of salts.entries()) {
      t.equal(own.length, 1, names[n] ?? '');
      t.equal(Buffer.from(own[0] ?? '', 'base64').length, 16, names[n] ?? '');
    }
    t.equal(new Set(salts.flat()).size, names.length, 'no two names share one');
  });

  for (const phase of PHASES) {
    t.test(`The time of the phase ${phase} tells nothing.`, async (t) => {
      const times = (tries: readonly Tried[]): number[] => tries.map((each) => each.times[phase]);
      for (const [n, tries] of others.entries()) {
        const { superiority } = compareSamples(times(tries), times(known));
        t.ok(superiority > LEAST && superiority < 1 - LEAST, `${names[n + 1]}: ${superiority.toFixed(3)}`);
      }
    });
  }
});
