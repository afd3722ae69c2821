import t from 'tap';
import { Scene, stranger } from './a-throttle.ts';

const HOME = '203.0.113.7';

/** One wrong password from each of many addresses. @returns how many were looked at. */
async function botnet(scene: Scene, addresses: number, as = 'app', first = 0): Promise<number> {
  let looked = 0;
  for (let n = first; n < first + addresses; n += 1) {
    looked += (await scene.wrong({ from: stranger(n), as })) === 0 ? 1 : 0;
  }
  return looked;
}

t.test(
  'A role under slow guessing gives a stranger one try, and lets him in who knows the password.',
  async (t) => {
    const scene = new Scene();
    for (let n = 0; n < 29; n += 1) {
      await botnet(scene, 1, 'app', n);
      scene.wait(60);
    }
    t.equal(await scene.guess({ from: stranger(500) }, 5), 1);
    t.equal(await scene.right({ from: HOME }), 0);
    t.equal(await scene.guess({ from: stranger(501), as: 'other' }, 5), 5, 'another role is as ever');
  },
);

t.test('Much later a role is closed to strangers, not to those who have logged in.', async (t) => {
  const scene = new Scene();
  await scene.right({ from: HOME });
  t.equal(await botnet(scene, 500), 100);
  t.ok((await scene.locked()).includes('role branch br-main app 100'));
  t.equal(await scene.ask({ from: stranger(999) }), 120);
  t.equal(await scene.ask({ from: HOME }), 0);
  t.equal(await scene.ask({ from: stranger(999), as: 'other' }), 0);
  t.equal(await scene.guess({ from: HOME }, 20), 10, 'with ten tries as ever');
});

t.test('Afterwards it stays wary: who comes back has one try.', async (t) => {
  const scene = new Scene();
  await botnet(scene, 100);
  scene.wait(121);
  t.equal(await scene.right({ from: HOME }), 0);
  t.equal(await scene.guess({ from: stranger(0) }, 5), 1);
  scene.wait(12 * 150);
  t.equal(await scene.guess({ from: stranger(0) }, 5), 5, 'until a long window has passed');
});

t.test('One address alone cannot make a role wary, let alone close it.', async (t) => {
  const scene = new Scene();
  for (let second = 0; second < 7200; second += 10) {
    await scene.guess({ from: stranger(0) }, 10);
    scene.wait(10);
  }
  t.equal(await scene.guess({ from: HOME }, 9), 9);
});

t.test('Nor can one /48.', async (t) => {
  const scene = new Scene();
  for (let n = 0; n < 2000; n += 1) {
    await scene.wrong({ from: `2001:db8:1:${n.toString(16)}::1` });
    scene.wait(1);
  }
  t.equal(await scene.guess({ from: '2001:db8:2::1' }, 9), 9);
});

t.test(
  'Failures of known sources do not close a role: a changed password shuts nobody else out.',
  async (t) => {
    const scene = new Scene();
    for (let pod = 0; pod < 50; pod += 1) await scene.right({ from: stranger(pod) });
    for (let pod = 0; pod < 50; pod += 1) t.equal(await scene.guess({ from: stranger(pod) }, 20), 10);
    t.equal(await scene.guess({ from: HOME }, 5), 5, 'a new pod');
  },
);

t.test('A login makes a source known for 31 days.', async (t) => {
  const scene = new Scene();
  await scene.right({ from: HOME });
  scene.wait(31 * 86_400 - 1);
  await botnet(scene, 100);
  t.equal(await scene.ask({ from: HOME }), 0);
  scene.wait(1);
  t.equal(await scene.ask({ from: HOME }), 119);
});

t.test('A branch on which ever other roles fail is closed to its strangers in the end.', async (t) => {
  const scene = new Scene();
  await scene.right({ from: HOME });
  let looked = 0;
  for (let n = 0; n < 2000; n += 1) looked += await botnet(scene, 1, `role${n % 500}`, n);
  t.equal(looked, 1000);
  t.ok((await scene.locked()).includes('branch branch br-main 1000'));
  t.ok(await scene.ask({ from: '192.0.2.1' }));
  t.equal(await scene.ask({ from: HOME }), 0);
  t.equal(await scene.ask({ from: '192.0.2.1', at: { kind: 'branch', name: 'br-dev' } }), 0);
});

t.test('Before that, strangers have one try as any role.', async (t) => {
  const scene = new Scene();
  for (let n = 0; n < 299; n += 1) await botnet(scene, 1, `role${n}`, n);
  t.equal(await scene.guess({ from: '192.0.2.1' }, 5), 1);
  t.equal(await scene.guess({ from: '192.0.2.1', at: { kind: 'branch', name: 'br-dev' } }, 5), 5);
});

t.test('Nobody closes a branch by naming an endpoint like it.', async (t) => {
  const scene = new Scene();
  const at = { kind: 'endpoint', name: 'br-main' } as const;
  for (let n = 0; n < 200; n += 1) await scene.wrong({ from: stranger(n), at });
  t.ok(await scene.ask({ from: '192.0.2.1', at }));
  t.equal(await scene.ask({ from: '192.0.2.1' }), 0);
});
