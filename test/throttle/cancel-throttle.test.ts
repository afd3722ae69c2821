import t from 'tap';
import { addressOf, Scene, secondsOf } from './a-throttle.ts';

async function guessKeys(scene: Scene, from: string, times: number): Promise<number> {
  const { cancels } = scene.throttle;
  for (let guess = 0; guess < times; guess += 1) {
    if (!(await cancels.check(addressOf(from))).allowed) return guess;
    await cancels.failed(addressOf(from));
  }
  return times;
}

t.test('Ten wrong cancel keys lock an address out of cancelling for two minutes.', async (t) => {
  const scene = new Scene();
  t.equal(await guessKeys(scene, '203.0.113.7', 20), 10);
  t.equal(secondsOf(await scene.throttle.cancels.check(addressOf('203.0.113.7'))), 120);
  t.equal(secondsOf(await scene.throttle.cancels.check(addressOf('203.0.113.8'))), 0);
  t.same(await scene.locked(), ['cancel 203.0.113.7/32 10']);
  scene.wait(120);
  t.equal(secondsOf(await scene.throttle.cancels.check(addressOf('203.0.113.7'))), 0);
});

t.test('Wrong keys lock nobody out of logins, nor wrong passwords out of cancelling.', async (t) => {
  const scene = new Scene();
  await guessKeys(scene, '203.0.113.7', 10);
  t.equal(await scene.right({ from: '203.0.113.7' }), 0);
  await scene.guess({ from: '203.0.113.8' }, 10);
  t.ok((await scene.throttle.cancels.check(addressOf('203.0.113.8'))).allowed);
});

t.test('Many /64s of one /48 are locked out as one.', async (t) => {
  const scene = new Scene();
  let looked = 0;
  for (let n = 0; n < 100; n += 1) looked += await guessKeys(scene, `2001:db8:1:${n.toString(16)}::1`, 1);
  t.equal(looked, 40);
  t.equal(secondsOf(await scene.throttle.cancels.check(addressOf('2001:db8:1:ffff::'))), 120);
  t.equal(secondsOf(await scene.throttle.cancels.check(addressOf('2001:db8:2::'))), 0);
});

t.test('Exempt addresses guess as they like.', async (t) => {
  const scene = new Scene({ exempt: ['127.0.0.0/8'] });
  t.equal(await guessKeys(scene, '127.0.0.1', 100), 100);
  t.same(await scene.locked(), []);
});
