import fc from 'fast-check';
import t from 'tap';
import type { Place } from '../../src/throttle/attempt.ts';
import { addressOf, type Login, MAIN, Scene, stranger } from './a-throttle.ts';

/** What an attacker may do next. He has a password of his own, as `mallory`. */
type Move = { readonly wait: number } | { readonly cancel: string } | (Login & { readonly times: number });

const place: fc.Arbitrary<Place> = fc.constantFrom(
  MAIN,
  { kind: 'branch', name: 'br-dev' },
  { kind: 'endpoint', name: 'br-main' },
);

function moves(from: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<Move[]> {
  const login = fc.record({
    from,
    as: fc.oneof(
      { weight: 4, arbitrary: fc.constant('app') },
      fc.constant('mallory'),
      fc.nat(30).map((n) => `role${n}`),
    ),
    at: place,
    times: fc.integer({ min: 1, max: 12 }),
  });
  const move = fc.oneof(
    { weight: 20, arbitrary: login },
    { weight: 1, arbitrary: fc.record({ wait: fc.integer({ min: 1, max: 400 }) }) },
    { weight: 1, arbitrary: fc.record({ cancel: from }) },
  );
  return fc.array(move, { minLength: 1, maxLength, size: 'max' });
}

async function play(scene: Scene, move: Move): Promise<void> {
  if ('wait' in move) scene.wait(move.wait);
  else if ('cancel' in move) await scene.throttle.cancels.failed(addressOf(move.cancel));
  else if (move.as === 'mallory') await scene.right(move);
  else await scene.guess(move, move.times);
}

t.test('No attack from other addresses locks out one that has logged in of late.', async (t) => {
  const home = '2001:db8:1:abc::1';
  const elsewhere = fc.oneof(
    fc.nat(200).map(stranger),
    fc.nat(200).map((n) => `2001:db8:1:${n.toString(16)}::1`),
    fc.nat(200).map((n) => `2001:db8:${(n + 2).toString(16)}::1`),
  );
  let strangersRefused = 0;
  const property = fc.asyncProperty(moves(elsewhere, 100), async (attack) => {
    const scene = new Scene({ attempts: 1, maxKeys: 64 });
    await scene.right({ from: home });
    for (const move of attack) {
      await play(scene, move);
      if ((await scene.ask({ from: '192.0.2.1' })) > 0) strangersRefused += 1;
      if ((await scene.ask({ from: home })) > 0) return false;
    }
    return (await scene.right({ from: home })) === 0;
  });
  await t.resolves(fc.assert(property, { numRuns: 20 }));
  t.ok(strangersRefused > 0, 'the attacks do close the role');
});

t.test('No attack from a few other addresses locks out one that comes for the first time.', async (t) => {
  const few = fc.constantFrom(
    '198.18.0.1',
    '198.18.0.2',
    '2001:db8:1::1',
    '2001:db8:1:1::1',
    '2001:db8:2::1',
  );
  const property = fc.asyncProperty(moves(few, 100), async (attack) => {
    const scene = new Scene();
    for (const move of attack) await play(scene, move);
    return (await scene.right({ from: '203.0.113.7' })) === 0;
  });
  await t.resolves(fc.assert(property, { numRuns: 20 }));
});

t.test('Whatever one address does, it has at most thirty answers in a window.', async (t) => {
  const property = fc.asyncProperty(fc.array(fc.nat(15), { maxLength: 200, size: 'max' }), async (roles) => {
    const scene = new Scene();
    let answered = 0;
    for (const role of roles) {
      if ((await scene.wrong({ from: '198.18.0.1', as: `role${role}` })) === 0) answered += 1;
      await scene.right({ from: '198.18.0.1', as: 'mallory' });
    }
    return answered <= 30;
  });
  await t.resolves(fc.assert(property, { numRuns: 20 }));
});
