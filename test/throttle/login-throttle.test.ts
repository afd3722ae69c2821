import t from 'tap';
import { attemptOf, Scene, secondsOf, stranger } from './a-throttle.ts';

const HOME = '203.0.113.7';

t.test('Ten wrong passwords for a role lock its address out for two minutes.', async (t) => {
  const scene = new Scene();
  t.equal(await scene.guess({ from: HOME }, 20), 10);
  t.equal(await scene.ask({ from: HOME }), 120);
  t.same(await scene.locked(), ['address-role 203.0.113.7/32 branch br-main app 10']);
  scene.wait(119.5);
  t.equal(await scene.right({ from: HOME }), 1, 'the right password neither');
  scene.wait(0.5);
  t.equal(await scene.right({ from: HOME }), 0);
  t.same(await scene.locked(), []);
});

t.test('After a lock-out the count starts again.', async (t) => {
  const scene = new Scene();
  await scene.guess({ from: HOME }, 10);
  scene.wait(120);
  t.equal(await scene.guess({ from: HOME }, 20), 10);
});

t.test('A wrong password counts for the window and no longer.', async (t) => {
  const scene = new Scene();
  t.equal(await scene.guess({ from: HOME }, 9), 9);
  scene.wait(150);
  t.equal(await scene.guess({ from: HOME }, 9), 9);
  t.same(await scene.locked(), []);
});

t.test('Another role, branch and address are not concerned.', async (t) => {
  const scene = new Scene();
  await scene.guess({ from: HOME }, 10);
  t.ok(await scene.ask({ from: HOME }));
  t.notOk(await scene.ask({ from: HOME, as: 'other' }));
  t.notOk(await scene.ask({ from: HOME, at: { kind: 'branch', name: 'br-dev' } }));
  t.notOk(await scene.ask({ from: '203.0.113.8' }));
});

t.test('All of a /64 is one address.', async (t) => {
  const scene = new Scene();
  for (let host = 1; host <= 10; host += 1) await scene.wrong({ from: `2001:db8:0:7::${host}` });
  t.ok(await scene.ask({ from: '2001:db8:0:7:1234::' }));
  t.notOk(await scene.ask({ from: '2001:db8:0:8::1' }));
});

t.test('A success clears its own pair and no other.', async (t) => {
  const scene = new Scene();
  for (const role of ['app', 'other']) await scene.guess({ from: HOME, as: role }, 9);
  await scene.right({ from: HOME, as: 'app' });
  t.equal(await scene.guess({ from: HOME, as: 'app' }, 1), 1);
  t.notOk(await scene.ask({ from: HOME, as: 'app' }), 'starts at one again');
  await scene.wrong({ from: HOME, as: 'other' });
  t.ok(await scene.ask({ from: HOME, as: 'other' }), 'had nine');
});

t.test('A success elsewhere clears nothing here.', async (t) => {
  const scene = new Scene();
  await scene.guess({ from: HOME }, 9);
  await scene.right({ from: '203.0.113.8' });
  await scene.right({ from: HOME, at: { kind: 'branch', name: 'br-dev' } });
  await scene.wrong({ from: HOME });
  t.ok(await scene.ask({ from: HOME }));
});

t.test('Exempt addresses neither count nor are blocked, in any dimension.', async (t) => {
  const scene = new Scene({ exempt: ['10.0.0.0/8', '2001:db8::/32'] });
  for (const from of ['10.1.2.3', '2001:db8:1:2::3']) {
    for (let role = 0; role < 200; role += 1) await scene.wrong({ from, as: `role${role % 20}` });
  }
  for (let n = 0; n < 200; n += 1) await scene.wrong({ from: `10.2.0.${n}` });
  t.same(await scene.locked(), []);
  for (let n = 0; n < 200; n += 1) await scene.wrong({ from: stranger(n) });
  t.ok(await scene.ask({ from: stranger(999) }), 'the role is closed to strangers');
  t.equal(await scene.right({ from: '10.1.2.3' }), 0);
});

t.test('Of a thousand guesses made at once, ten are answered; the right one is not let in.', async (t) => {
  const scene = new Scene();
  const { logins } = scene.throttle;
  const attempt = attemptOf({ from: HOME });
  const checks = await Promise.all(Array.from({ length: 1000 }, () => logins.check(attempt)));
  t.ok(
    checks.every((verdict) => verdict.allowed),
    'nothing has failed yet',
  );
  const answers: number[] = [];
  for (const _ of checks) answers.push(secondsOf(await logins.failed(attempt)));
  t.equal(answers.filter((seconds) => seconds === 0).length, 10);
  t.equal(secondsOf(await logins.succeeded(attempt)), 120);
  t.same(
    await scene.locked(),
    ['address-role 203.0.113.7/32 branch br-main app 10'],
    'nor are the others counted',
  );
  scene.wait(120);
  for (let role = 0; role < 10; role += 1) await scene.wrong({ from: HOME, as: `role${role}` });
  t.ok(await scene.ask({ from: HOME }), 'nor is the address known');
});

t.test('Where every answer is awaited by all at once, none is lost to another.', async (t) => {
  const scene = new Scene();
  const { logins } = scene.throttle;
  await Promise.all(Array.from({ length: 50 }, () => logins.failed(attemptOf({ from: HOME }))));
  t.ok(await scene.ask({ from: HOME }));
});

t.test('Names that exist and names that do not are told the same.', async (t) => {
  const told = async (role: string, at: 'branch' | 'endpoint'): Promise<number[]> => {
    const scene = new Scene();
    // Somebody logs in as app from elsewhere: only then does app exist.
    await scene.right({ from: '192.0.2.1' });
    const answers: number[] = [];
    for (let n = 0; n < 300; n += 1) {
      answers.push(
        await scene.wrong({ from: stranger(n % 60), as: role, at: { kind: at, name: 'br-main' } }),
      );
      scene.wait(1);
    }
    return answers;
  };
  const known = await told('app', 'branch');
  t.ok(known.includes(0) && known.some((seconds) => seconds > 0));
  t.same(await told('nobody', 'branch'), known);
  t.same(await told('app', 'endpoint'), known);
});
