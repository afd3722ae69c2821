import t from 'tap';
import { parseAddress } from '../../src/allowlist/address.ts';
import { allowlistFrom } from '../../src/allowlist/entries.ts';
import { Refusal } from '../../src/session/refusals.ts';
import type { Standing } from '../../src/workers/messages.ts';
import { OtherWorkers } from '../../src/workers/other-workers.ts';
import { Post } from '../../src/workers/post.ts';
import { SharedSeats } from '../../src/workers/shared-seats.ts';
import { SharedThrottle } from '../../src/workers/shared-throttle.ts';
import { SharedJournal, SharedRecorder } from '../../src/workers/shared-trail.ts';
import { aRecord } from '../observe/a-record.ts';

type Body = Readonly<Record<string, unknown>>;

/** A primary that answers as it is told to, and what it heard. */
function aPrimary(answer: (body: Body) => unknown) {
  const told: Body[] = [];
  const asked: Body[] = [];
  const primary: Post = new Post(
    (messages, written) => {
      worker.received(structuredClone(messages));
      setImmediate(written);
    },
    {
      told: (body) => told.push(body as Body),
      asked: async (body) => {
        asked.push(body as Body);
        return answer(body as Body);
      },
    },
  );
  const worker: Post = new Post(
    (messages, written) => {
      primary.received(structuredClone(messages));
      setImmediate(written);
    },
    { told: () => {}, asked: async () => {} },
  );
  return { post: worker, told, asked };
}

/** What nobody answered is refused so that libpq tries its next host. */
const OVERLOAD = { name: 'Refusal', reason: 'overload', fields: { sqlstate: '57P03' } };
const silent = (): never => {
  throw new Error('no');
};

function address(text: string) {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

const nobody = allowlistFrom([], 'test');
const LOCKOUTS: Standing = { obstacle: undefined, behind: false, lockouts: true };
const attempt = { address: address('192.0.2.1'), place: { kind: 'branch', name: 'b' }, role: 'r' } as const;

t.test('Seats are the primary’s, and are given back there.', async (t) => {
  const { post, told } = aPrimary(({ seat }) => (seat === 1 ? { crowded: [true] } : { full: 0 }));
  const seats = new SharedSeats(post);
  const taken = await seats.take([{ key: 'k', limit: 3 }]);
  t.match(taken, { crowded: [true] });
  t.strictSame(await seats.take([{ key: 'k', limit: 3 }]), { full: 0 });
  if ('leave' in taken) taken.leave();
  await post.written();
  t.strictSame(told, [{ type: 'leave', seat: 1 }]);
});

t.test(
  'Seats without a bound are nobody’s question: the primary hears of them before anything else.',
  async (t) => {
    const { post, told, asked } = aPrimary(() => ({ crowded: [false] }));
    const seats = new SharedSeats(post);
    const claims = ['branch', 'role'].map((key) => ({ key, limit: undefined }));
    const taken = seats.take(claims);
    t.match(taken, { crowded: [false, false] });
    await new Promise(setImmediate);
    t.strictSame(told, []);
    await seats.take([{ key: 'gateway', limit: 3 }]);
    t.strictSame(told, [{ type: 'taken', seat: 1, keys: ['branch', 'role'] }]);
    t.equal(asked.length, 1);
    if ('leave' in taken) taken.leave();
    await post.written();
    t.match(told[1], { type: 'leave', seat: 1 });
  },
);

t.test('Where nobody counts, nobody is let in, and no seat stays taken.', async (t) => {
  for (const answer of [silent, () => 'nonsense', () => ({ crowded: ['very'] })]) {
    const { post, told } = aPrimary(answer);
    await t.rejects(async () => await new SharedSeats(post).take([{ key: 'k', limit: 3 }]), OVERLOAD);
    await post.written();
    t.strictSame(told, [{ type: 'leave', seat: 1 }]);
  }
});

t.test('The throttle’s verdicts are the primary’s; exempt addresses are not asked for.', async (t) => {
  const { post, asked } = aPrimary(({ step }) =>
    step === 'failed' ? { allowed: false, retryAfterSeconds: 9 } : { allowed: true },
  );
  const list = allowlistFrom(['127.0.0.0/8'], 'test');
  const { logins, cancels } = new SharedThrottle(post, list, () => LOCKOUTS);
  t.strictSame(await logins.check(attempt), { allowed: true });
  t.strictSame(await logins.failed(attempt), { allowed: false, retryAfterSeconds: 9 });
  t.strictSame(await logins.succeeded(attempt), { allowed: true });
  t.strictSame(await cancels.check(attempt.address), { allowed: true });
  await cancels.failed(attempt.address);
  t.strictSame(
    asked.map(({ type, step }) => `${String(type)} ${String(step)}`),
    ['login check', 'login failed', 'login succeeded', 'cancel check', 'cancel failed'],
  );
  const exempt = { ...attempt, address: address('127.0.0.1') };
  for (const verdict of [logins.check(exempt), logins.failed(exempt), cancels.check(exempt.address)])
    t.strictSame(await verdict, { allowed: true });
  t.equal(asked.length, 5);
});

t.test('While nobody is locked out, only what was shown, right or wrong, is asked about.', async (t) => {
  const { post, asked } = aPrimary(() => ({ allowed: false, retryAfterSeconds: 9 }));
  let lockouts = false;
  const { logins, cancels } = new SharedThrottle(post, nobody, () => ({ ...LOCKOUTS, lockouts }));
  t.strictSame(await logins.check(attempt), { allowed: true });
  t.strictSame(await cancels.check(attempt.address), { allowed: true });
  t.strictSame(asked, []);
  for (const step of ['failed', 'succeeded'] as const) t.notOk((await logins[step](attempt)).allowed);
  await cancels.failed(attempt.address);
  t.equal(asked.length, 3);
  lockouts = true;
  t.notOk((await logins.check(attempt)).allowed);
  t.notOk((await cancels.check(attempt.address)).allowed);
});

t.test('Without a verdict, or with one that is none, the client is refused.', async (t) => {
  for (const answer of [silent, () => undefined, () => ({ allowed: 'yes' }), () => ({ allowed: false })]) {
    const { logins, cancels } = new SharedThrottle(aPrimary(answer).post, nobody, () => LOCKOUTS);
    await t.rejects(logins.check(attempt), OVERLOAD);
    await t.rejects(cancels.check(attempt.address), OVERLOAD);
  }
});

t.test('A cancel key is found elsewhere, had a session there, or is a guess.', async (t) => {
  const target = { projectId: 'p', branchId: 'b', target: { host: 'h' }, upstream: { pid: 7 } };
  const answers: Record<number, unknown> = { 1: target, 2: 'ended', 3: undefined };
  const { post } = aPrimary(({ pid }) => answers[Number(pid)]);
  const others = new OtherWorkers(post);
  t.strictSame(await others.findCancel(1, Buffer.alloc(4)), target);
  t.equal(await others.findCancel(2, Buffer.alloc(4)), 'ended');
  t.equal(await others.findCancel(3, Buffer.alloc(4)), undefined);
  await t.rejects(new OtherWorkers(aPrimary(silent).post).findCancel(1, Buffer.alloc(4)), OVERLOAD);
  await t.rejects(new OtherWorkers(aPrimary(() => ({})).post).findCancel(1, Buffer.alloc(4)), Refusal);
});

t.test('An admission is asked for, and what stands in its way is known before.', async (t) => {
  const { post, asked } = aPrimary(() => true);
  let obstacle: string | undefined = 'the disk is full';
  const recorder = new SharedRecorder(post, () => ({ obstacle, behind: false, lockouts: false }));
  t.equal(recorder.obstacle, 'the disk is full');
  obstacle = undefined;
  t.equal(recorder.obstacle, undefined);
  await recorder.admit(aRecord());
  t.match(asked, [{ type: 'admit', connection: { id: 's1' }, elapsed: Number }]);
  const failing = new SharedRecorder(aPrimary(silent).post, () => ({
    obstacle,
    behind: false,
    lockouts: false,
  }));
  await t.rejects(failing.admit(aRecord()), { name: 'Unanswered' });
});

t.test('The primary hears how connections end, and what ran in them.', async (t) => {
  const { post, told } = aPrimary(() => undefined);
  const journal = new SharedJournal(post);
  const refused = aRecord({ outcome: 'refused' });
  journal.opened();
  journal.cancelFailed();
  journal.defect();
  journal.ended(refused);
  journal.ended(aRecord({ outcome: 'canceled' }));
  journal.ended(aRecord({ outcome: 'closed', admittedAt: 1 }));
  journal.passwordRefused(aRecord(), 'weak');
  for (const parameters of [undefined, ['1']])
    journal.statement(aRecord(), {
      step: 'query',
      text: undefined,
      parameters,
      outcome: 'done',
      tags: ['SELECT 1'],
      rows: 1,
      sqlstate: undefined,
      duration: 1,
    });
  await post.written();
  t.strictSame(
    told.map(({ type }) => type),
    ['refused', 'canceled', 'left', 'password-refused', 'statement', 'statement'],
  );
});
