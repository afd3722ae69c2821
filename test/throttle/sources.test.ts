import t from 'tap';
import { Scene } from './a-throttle.ts';

const OFFICE = '203.0.113.7';

/** One wrong password for each of many roles. @returns how many were looked at before a lock-out. */
async function spray(scene: Scene, from: string, roles: number, name = 'role'): Promise<number> {
  for (let role = 0; role < roles; role += 1) {
    if ((await scene.wrong({ from, as: `${name}${role}` })) > 0) return role;
  }
  return roles;
}

/** Wrong passwords, each followed by a neighbour's right one. @returns how many were looked at. */
async function guessBehind(scene: Scene, as: string): Promise<number> {
  for (let guess = 0; guess < 100; guess += 1) {
    if ((await scene.wrong({ from: OFFICE, as })) > 0) return guess;
    await scene.right({ from: OFFICE, as });
  }
  return 100;
}

t.test('An address that fails as ten roles is locked out.', async (t) => {
  const scene = new Scene();
  t.equal(await spray(scene, OFFICE, 20), 10);
  t.same(await scene.locked(), ['address 203.0.113.7/32 10']);
  t.equal(await scene.ask({ from: OFFICE, as: 'app' }), 120);
  t.equal(await scene.ask({ from: OFFICE, at: { kind: 'branch', name: 'br-dev' } }), 120, 'everywhere');
  t.equal(await scene.ask({ from: '203.0.113.8' }), 0);
  scene.wait(120);
  t.equal(await scene.ask({ from: OFFICE }), 0);
  t.equal(await spray(scene, OFFICE, 20, 'another'), 10, 'and the count starts again');
});

t.test('A success in between does not clear the address.', async (t) => {
  const scene = new Scene();
  for (let role = 0; role < 10; role += 1) {
    t.equal(await scene.right({ from: OFFICE, as: 'mine' }), 0);
    await scene.wrong({ from: OFFICE, as: `role${role}` });
  }
  t.equal(await scene.ask({ from: OFFICE, as: 'app' }), 120);
  t.equal(await scene.ask({ from: OFFICE, as: 'mine' }), 0, 'who had logged in goes on');
});

t.test('Thirty failures lock an address out, however few the names.', async (t) => {
  const scene = new Scene();
  let failures = 0;
  for (const role of ['a', 'b', 'c', 'd', 'e', 'f'])
    failures += await scene.guess({ from: OFFICE, as: role }, 6);
  t.equal(failures, 30);
  t.ok(await scene.ask({ from: OFFICE, as: 'z' }));
});

t.test('A service that retries a stale password forever shuts out itself and no neighbour.', async (t) => {
  const scene = new Scene();
  let shutOut = 0;
  for (let second = 0; second < 3600; second += 1) {
    await scene.wrong({ from: OFFICE, as: 'stale' });
    scene.wait(1);
    shutOut += await scene.ask({ from: OFFICE, as: 'fresh' });
  }
  t.equal(shutOut, 0);
  t.ok((await scene.locked()).every((lock) => lock.startsWith('address-role')));
});

t.test('Behind one NAT, neighbours of an attacker who have logged in go on.', async (t) => {
  const scene = new Scene();
  await scene.right({ from: OFFICE, as: 'alice' });
  await spray(scene, OFFICE, 10);
  t.ok(await scene.ask({ from: OFFICE, as: 'bob' }), 'a stranger');
  for (let login = 0; login < 20; login += 1) t.equal(await scene.right({ from: OFFICE, as: 'alice' }), 0);
});

t.test(
  'But their budget is small, and successes do not refill it: nobody guesses on behind them.',
  async (t) => {
    const scene = new Scene();
    await scene.right({ from: OFFICE, as: 'alice' });
    await spray(scene, OFFICE, 10);
    t.equal(await guessBehind(scene, 'alice'), 5);
    t.ok((await scene.locked()).includes('address-role 203.0.113.7/32 branch br-main alice 1'));
    scene.wait(120);
    await spray(scene, OFFICE, 10, 'another');
    t.equal(await guessBehind(scene, 'alice'), 5, 'and again after a lock-out');
  },
);

t.test('Guesses between the successes of a neighbour as the same role end.', async (t) => {
  const scene = new Scene();
  await scene.right({ from: OFFICE });
  let guesses = 0;
  for (let second = 0; second < 120; second += 1) {
    guesses += (await scene.wrong({ from: OFFICE })) === 0 ? 1 : 0;
    await scene.right({ from: OFFICE });
    scene.wait(1);
  }
  t.equal(guesses, 15, 'ten until the address is locked out, five more');
});

t.test('Many /64s of one /48 are locked out as one.', async (t) => {
  const scene = new Scene();
  let looked = 0;
  for (let n = 0; n < 100; n += 1) {
    const from = `2001:db8:1:${n.toString(16)}::1`;
    looked += (await scene.wrong({ from, as: `role${n}` })) === 0 ? 1 : 0;
  }
  t.equal(looked, 40);
  t.same(await scene.locked(), ['network 2001:db8:1::/48 40']);
  t.ok(await scene.ask({ from: '2001:db8:1:ffff::1' }));
  t.equal(await scene.ask({ from: '2001:db8:2::1' }), 0, 'the site beside it');
});

t.test('A known /64 within goes on.', async (t) => {
  const scene = new Scene();
  await scene.right({ from: '2001:db8:1:abc::1' });
  for (let n = 0; n < 100; n += 1)
    await scene.wrong({ from: `2001:db8:1:${n.toString(16)}::1`, as: `role${n}` });
  t.equal(await scene.right({ from: '2001:db8:1:abc::2' }), 0);
  t.ok(await scene.ask({ from: '2001:db8:1:abc::2', as: 'other' }));
});
