import fc from 'fast-check';
import t from 'tap';
import { MemoryKnownSources } from '../../src/counters/memory-known-sources.ts';

function known(maxSources: number, now = () => 0): MemoryKnownSources {
  return new MemoryKnownSources({ maxSources, lifetime: 1000, now });
}

t.test('A source is known to its role for its lifetime, counted from the last login.', async (t) => {
  let now = 0;
  const sources = known(10, () => now);
  await sources.remember('app', 'home');
  t.ok(await sources.has('app', 'home'));
  t.notOk(await sources.has('other', 'home'));
  t.notOk(await sources.has('app', 'elsewhere'));
  now = 900;
  await sources.remember('app', 'home');
  now = 1899;
  t.ok(await sources.has('app', 'home'));
  now = 1900;
  t.notOk(await sources.has('app', 'home'));
  t.equal(sources.size, 1);
});

t.test(
  'When it is full, the role with the most sources gives up the one that was longest unused.',
  async (t) => {
    const sources = known(4);
    await sources.remember('app', 'home');
    for (const from of ['a', 'b', 'c', 'a', 'd']) await sources.remember('mallory', from);
    t.ok(await sources.has('app', 'home'));
    t.notOk(await sources.has('mallory', 'b'));
    for (const from of ['a', 'c', 'd']) t.ok(await sources.has('mallory', from), from);
  },
);

t.test('Whoever logs in as one role from everywhere pushes out only his own.', async (t) => {
  const sources = known(1000);
  for (let role = 0; role < 400; role += 1) await sources.remember(`role${role}`, 'home');
  for (let n = 0; n < 20_000; n += 1) await sources.remember('mallory', `address ${n}`);
  t.equal(sources.size, 1000);
  for (let role = 0; role < 400; role += 1) t.ok(await sources.has(`role${role}`, 'home'));
  t.ok(await sources.has('mallory', 'address 19999'));
});

t.test('There are never more than may be, and the latest is always among them.', async (t) => {
  const login = fc.tuple(fc.nat(5).map(String), fc.nat(5).map(String));
  const property = fc.asyncProperty(fc.array(login), async (logins) => {
    const sources = known(8);
    for (const [role, source] of logins) {
      await sources.remember(role, source);
      if (sources.size > 8 || !(await sources.has(role, source))) return false;
    }
    return true;
  });
  await t.resolves(fc.assert(property));
});
