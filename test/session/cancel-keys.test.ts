import t from 'tap';
import { CancelKeys, type CancelTarget } from '../../src/session/cancel-keys.ts';
import { anUpstream } from '../catalog/a-catalog.ts';

const V30 = { major: 3, minor: 0 };
const V32 = { major: 3, minor: 2 };

/** Keys 1111…, 2222…, in the order in which they are issued. */
function counting(): (length: number) => Buffer {
  let count = 0;
  return (length) => {
    count += 1;
    return Buffer.alloc(length, count);
  };
}

const sessionOf = (pid: number, branchId = 'br'): CancelTarget => ({
  projectId: 'shop',
  branchId,
  target: anUpstream(),
  upstream: { pid, key: Buffer.from('theirs') },
});

t.test('A key has four bytes before protocol 3.2, and thirty-two from it on.', async (t) => {
  const keys = new CancelKeys(counting());
  t.equal(keys.issue(sessionOf(1), V30).key.length, 4);
  t.equal(keys.issue(sessionOf(1), V32).key.length, 32);
});

t.test('A session is found by its pid and the whole of its key, until it is taken back.', async (t) => {
  const keys = new CancelKeys(counting());
  const first = keys.issue(sessionOf(7, 'br-1'), V30);
  const second = keys.issue(sessionOf(7, 'br-2'), V32);
  t.match(keys.find(7, first.key), { branchId: 'br-1', upstream: { pid: 7 } });
  t.match(keys.find(7, second.key), { branchId: 'br-2' });
  t.equal(keys.find(8, first.key), undefined);
  t.equal(keys.find(7, second.key.subarray(0, 4)), undefined);
  t.equal(keys.find(7, Buffer.alloc(0)), undefined);
  t.equal(keys.find(7, Buffer.from('theirs')), undefined);
  first.revoke();
  first.revoke();
  t.equal(keys.find(7, first.key), undefined);
  t.match(keys.find(7, second.key), { branchId: 'br-2' }, 'another session with this pid stays');
  second.revoke();
  t.equal(keys.find(7, second.key), undefined);
});

t.test('A pid taken again after the last of its sessions has gone is found.', async (t) => {
  const keys = new CancelKeys(counting());
  const old = keys.issue(sessionOf(7, 'br-1'), V30);
  old.revoke();
  const fresh = keys.issue(sessionOf(7, 'br-2'), V30);
  old.revoke();
  t.match(keys.find(7, fresh.key), { branchId: 'br-2' });
});

t.test('A pid is the same whether it is read with its sign or without.', async (t) => {
  const keys = new CancelKeys(counting());
  const { key } = keys.issue(sessionOf(-5), V30);
  t.ok(keys.find(-5, key));
  t.ok(keys.find(0xffff_fffb, key));
});

t.test('The key of a session that has ended is told from a guess, for a minute.', async (t) => {
  let now = 0;
  const keys = new CancelKeys(counting(), () => now);
  const { key, revoke } = keys.issue(sessionOf(7), V30);
  t.notOk(keys.hasEnded(7, key), 'not while it lives');
  revoke();
  t.ok(keys.hasEnded(7, key));
  t.notOk(keys.hasEnded(8, key));
  t.notOk(keys.hasEnded(7, Buffer.alloc(4, 9)));
  now = 60_000;
  t.notOk(keys.hasEnded(7, key));
});

t.test('However many sessions end, only so many of their keys are kept.', async (t) => {
  const keys = new CancelKeys(counting(), () => 0);
  const first = keys.issue(sessionOf(1), V32);
  first.revoke();
  for (let pid = 2; pid <= 10_001; pid += 1) keys.issue(sessionOf(pid), V30).revoke();
  t.notOk(keys.hasEnded(1, first.key));
});
