import t from 'tap';
import { memoryStore } from '../../src/counters/memory-store.ts';
import { Scene, stranger } from '../throttle/a-throttle.ts';

t.test('Counters forget the least when they are full, locks nothing.', async (t) => {
  const store = memoryStore(() => 0, 100);
  const counter = store.counter('failures', 10);
  const locks = store.locks('locks', 10);
  for (let n = 0; n < 1000; n += 1) {
    await counter.penalty(`key ${n}`);
    await locks.set(`key ${n}`, 10, 10);
  }
  t.ok(await counter.get('key 999'));
  t.equal((await locks.list()).length, 100);
  t.ok(await locks.get('key 0'));
  t.notOk(await locks.get('key 999'));
});

t.test('No flood from elsewhere frees who is locked out.', async (t) => {
  const scene = new Scene({ maxKeys: 50 });
  await scene.guess({ from: '203.0.113.7', as: 'mine' }, 10);
  for (let n = 0; n < 300; n += 1) {
    const at = { kind: 'endpoint', name: `ep-${n}` } as const;
    await scene.guess({ from: stranger(n), as: `role${n}`, at }, 10);
  }
  t.equal(await scene.ask({ from: '203.0.113.7', as: 'mine' }), 120);
  t.ok((await scene.locked()).length <= 6 * 50);
  scene.wait(121);
  await scene.guess({ from: stranger(1000) }, 10);
  t.same(
    await scene.locked(),
    ['address-role 198.18.3.232/32 branch br-main app 10'],
    'and locks have room again',
  );
});

t.test('Who finds no room for his lock-out has it with his next failure.', async (t) => {
  const scene = new Scene({ maxKeys: 50 });
  for (let n = 0; n < 50; n += 1) {
    await scene.guess({ from: stranger(n), at: { kind: 'endpoint', name: `ep-${n}` } }, 10);
  }
  scene.wait(100);
  t.equal(await scene.guess({ from: '203.0.113.7' }, 11), 11);
  scene.wait(20);
  t.equal(await scene.guess({ from: '203.0.113.7' }, 11), 1);
});
