import t from 'tap';
import { addressOf, MAIN, Scene, secondsOf, stranger } from './a-throttle.ts';

const NOW = new Date('2026-11-23T12:00:00Z');

/** One lock-out of each dimension but branch. */
async function lockedScene(): Promise<Scene> {
  const scene = new Scene();
  await scene.guess({ from: '203.0.113.7', as: 'one' }, 10);
  for (let role = 0; role < 10; role += 1) await scene.wrong({ from: '203.0.113.8', as: `role${role}` });
  for (let n = 0; n < 40; n += 1)
    await scene.wrong({ from: `2001:db8:1:${n.toString(16)}::1`, as: `role${n}` });
  for (let n = 0; n < 100; n += 1) await scene.guess({ from: stranger(n), as: 'app' }, 10);
  for (let guess = 0; guess < 10; guess += 1) await scene.throttle.cancels.failed(addressOf('203.0.113.9'));
  return scene;
}

t.test('Whether anybody is locked out is known at once, whatever from.', async (t) => {
  const scene = new Scene();
  await scene.guess({ from: '203.0.113.7', as: 'one' }, 9);
  t.ok(scene.throttle.lockouts.none);
  await scene.wrong({ from: '203.0.113.7', as: 'one' });
  t.notOk(scene.throttle.lockouts.none);
  scene.wait(120);
  t.ok(scene.throttle.lockouts.none);
  for (let guess = 0; guess < 10; guess += 1) await scene.throttle.cancels.failed(addressOf('203.0.113.9'));
  t.notOk(scene.throttle.lockouts.none);
  await scene.throttle.lockouts.lift({}, NOW);
  t.ok(scene.throttle.lockouts.none);
});

t.test('Every lock-out is listed with what it is about, its end and its failures.', async (t) => {
  const scene = await lockedScene();
  scene.wait(20);
  const lockouts = await scene.throttle.lockouts.list(NOW);
  t.match(
    lockouts.find(({ dimension }) => dimension === 'address-role'),
    {
      address: '203.0.113.7/32',
      place: 'branch br-main',
      role: 'one',
      until: new Date('2026-11-23T12:01:40Z'),
      failures: 10,
    },
  );
  t.match(
    lockouts.find(({ dimension }) => dimension === 'role'),
    {
      address: undefined,
      place: 'branch br-main',
      role: 'app',
    },
  );
  const words = new Set(lockouts.map(({ dimension }) => dimension));
  t.same([...words].sort(), ['address', 'address-role', 'cancel', 'network', 'role']);
  scene.wait(100);
  t.same(await scene.throttle.lockouts.list(NOW), [], 'none is listed beyond its end');
});

t.test('A pair is let in again with a clean slate.', async (t) => {
  const scene = await lockedScene();
  const lifted = await scene.throttle.lockouts.lift({ address: addressOf('203.0.113.7') }, NOW);
  t.match(lifted, [{ dimension: 'address-role', role: 'one' }]);
  t.equal(await scene.guess({ from: '203.0.113.7', as: 'one' }, 20), 10);
});

t.test('An address filter finds the site around it too.', async (t) => {
  const scene = await lockedScene();
  const lifted = await scene.throttle.lockouts.lift({ address: addressOf('2001:db8:1:abcd::') }, NOW);
  t.match(lifted, [{ dimension: 'network', address: '2001:db8:1::/48' }]);
  t.equal(await scene.ask({ from: '2001:db8:1:1::1', as: 'role1' }), 0);
});

t.test('A role filter lifts the role’s own and those of its pairs, in its branch only.', async (t) => {
  const scene = await lockedScene();
  t.ok(await scene.ask({ from: '192.0.2.1' }));
  const elsewhere = { place: { kind: 'branch', name: 'br-dev' }, role: 'app' } as const;
  t.same(await scene.throttle.lockouts.lift(elsewhere, NOW), []);
  const lifted = await scene.throttle.lockouts.lift({ place: MAIN, role: 'app' }, NOW);
  t.ok(lifted.length > 1 && lifted.every(({ role }) => role === 'app'));
  t.equal(await scene.guess({ from: '192.0.2.1' }, 9), 9, 'nobody is wary any more');
});

t.test('A dimension filter lifts its own, no filter everything.', async (t) => {
  const scene = await lockedScene();
  t.match(await scene.throttle.lockouts.lift({ dimension: 'cancel' }, NOW), [{ address: '203.0.113.9/32' }]);
  t.equal(secondsOf(await scene.throttle.cancels.check(addressOf('203.0.113.9'))), 0);
  const rest = (await scene.locked()).length;
  t.equal((await scene.throttle.lockouts.lift({}, NOW)).length, rest);
  t.same(await scene.locked(), []);
});
