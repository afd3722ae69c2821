import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { TrailUnavailable } from '../../src/trail/error.ts';
import { A_STATEMENT } from '../support/audit-events.ts';
import { DIR, facts, linesOf, login, openTrail, RING } from './a-trail.ts';
import { eventsOf, findingsOf, watched } from './an-outage.ts';
import { type Call, MemoryFiles, systemError } from './memory-files.ts';

// The trail's own timers keep no process alive, and this disk is no handle.
const alive = setInterval(() => undefined, 60_000);
t.teardown(() => clearInterval(alive));

const FAULTS: readonly { what: Call['what']; code: string; reason: RegExp }[] = [
  { what: 'write', code: 'ENOSPC', reason: /no space is left on the disk: make room/ },
  { what: 'write', code: 'EROFS', reason: /read-only/ },
  { what: 'write', code: 'EACCES', reason: /may not write there/ },
  { what: 'write', code: 'EFBIG', reason: /limit of file sizes/ },
  { what: 'datasync', code: 'EIO', reason: /the disk fails/ },
  { what: 'datasync', code: 'EUCLEAN', reason: /cannot be written \(EUCLEAN\)/ },
];

for (const { what, code, reason } of FAULTS) {
  t.test(`Where ${what} fails with ${code}, nobody is admitted until it works again.`, async (t) => {
    const files = new MemoryFiles();
    const { trail, until, states } = await watched(files);
    await trail.commit([login('before')]);
    files.fault = (call) => (call.what === what ? systemError(code) : undefined);
    await t.rejects(trail.commit([login('rejected')]), { name: 'TrailUnavailable', message: reason });
    await t.rejects(trail.commit([login('rejected')]), TrailUnavailable, 'at once');
    t.match(trail.state, { healthy: false, reason });
    trail.record(login('kept'));
    files.fault = () => undefined;
    await until(true);
    await trail.commit([login('after')]);
    await trail.close();
    t.equal(states.length, 2, 'it says so once, and that it is over');
    const events = await eventsOf(files);
    for (const role of ['before', 'kept', 'after', 'recovered']) t.ok(events.includes(`"${role}"`), role);
    t.notOk(events.includes('"rejected"'), 'what was rejected is not told');
    t.same(await findingsOf(files), []);
  });
}

t.test('After a failed fdatasync the file is never added to again.', async (t) => {
  const files = new MemoryFiles();
  const { trail, until } = await watched(files);
  await trail.commit([login('before')]);
  await setImmediate(); // The first checkpoint, too.
  files.fault = (call) => (call.what === 'datasync' ? systemError('EIO') : undefined);
  await t.rejects(trail.commit([login('rejected')]));
  const old = `${DIR}/0000000000000001.jsonl`;
  const failed = files.calls.findLastIndex(({ what }) => what === 'write');
  files.fault = () => undefined;
  await until(true);
  await trail.commit([login('after')]);
  await trail.close();
  const calls = files.calls.slice(failed + 1).filter(({ path }) => path === old);
  t.equal(calls[0]?.what, 'datasync');
  t.notOk(
    calls.some(({ what }) => what === 'write'),
    'what was not durable is only cut off',
  );
  t.ok(files.text(`${DIR}/0000000000000002.jsonl`)?.includes('"after"'));
});

t.test('A write that takes a part is gone on with.', async (t) => {
  const files = new MemoryFiles();
  files.portion = 7;
  const { trail } = await watched(files);
  await trail.commit([login('a')]);
  await trail.close();
  t.same(await findingsOf(files), []);
});

t.test('A disk that fills up in the middle of a batch loses nothing that was acknowledged.', async (t) => {
  const files = new MemoryFiles();
  const { trail, until } = await watched(files);
  await trail.commit([login('before')]);
  files.space = 100;
  await t.rejects(trail.commit([login('rejected')]), { message: /no space/ });
  t.match(files.text(`${DIR}/0000000000000001.jsonl`), /"before"[^\n]*\n$/, 'the torn line is taken back');
  files.space = Number.MAX_SAFE_INTEGER;
  await until(true);
  await trail.commit([login('after')]);
  await trail.close();
  t.same(await findingsOf(files), []);
});

t.test('A directory that was removed is made again, and its loss is found.', async (t) => {
  const files = new MemoryFiles();
  const { trail, until } = await watched(files);
  await trail.commit([login('before')]);
  files.removeDir(DIR);
  await t.rejects(trail.commit([login('rejected')]), { message: /removed or replaced/ });
  await until(true);
  await trail.commit([login('after')]);
  await trail.close();
  t.match(await linesOf(DIR, { files }), [{ sequence: 2 }, { sequence: 3 }], 'the chain goes on');
  t.match(await findingsOf(files), [{ what: /missing/ }]);
});

t.test('A file that was replaced is left alone.', async (t) => {
  const files = new MemoryFiles();
  const { trail, until } = await watched(files);
  await trail.commit([login('before')]);
  const path = `${DIR}/0000000000000001.jsonl`;
  files.put(path, files.text(path) ?? '');
  await t.rejects(trail.commit([login('rejected')]), { message: /removed or replaced/ });
  await until(true);
  await trail.commit([login('after')]);
  await trail.close();
  t.same(await findingsOf(files), [], 'it was a whole copy');
});

t.test(
  'A disk that does not answer: who waits is told within two seconds, who comes then at once.',
  async (t) => {
    const files = new MemoryFiles();
    const { trail, until } = await watched(files);
    await trail.commit([login('before')]);
    const answer = files.hang('datasync');
    await t.rejects(trail.commit([login('waited')]), { message: /has not answered for 2000 ms/ });
    await t.rejects(trail.commit([login('rejected')]), { message: /has not answered/ });
    trail.record(login('kept'));
    answer();
    await until(true);
    await trail.commit([login('after')]);
    await trail.close();
    const events = await eventsOf(files);
    for (const role of ['before', 'kept', 'after']) t.ok(events.includes(`"${role}"`), role);
    t.notOk(events.includes('"rejected"'));
    t.same(await findingsOf(files), []);
  },
);

t.test('What finds no room while the disk fails is counted.', async (t) => {
  const files = new MemoryFiles();
  const { trail, until } = await watched(files);
  files.fault = (call) => (call.what === 'create' ? systemError('EROFS') : undefined);
  await t.rejects(trail.commit([login('rejected')]));
  for (let n = 0; n < 10_250; n += 1) trail.record(login(`kept-${n}`));
  files.fault = () => undefined;
  await until(true);
  await trail.commit([login('after')]);
  await trail.close();
  const lines = await linesOf(DIR, { files });
  const lost = lines.find(({ line }) => line.includes('"events-lost"'));
  t.match(lost?.line, /"count":250,/);
  t.ok(lines.some(({ line }) => line.includes('"kept-9999"')));
  t.same(await findingsOf(files), []);
});

t.test('Statements leave room for what else happens, and the trail says when it is behind.', async (t) => {
  const files = new MemoryFiles();
  const { trail, until } = await watched(files);
  const statement = { type: 'statement', connection: facts(), statement: A_STATEMENT } as const;
  for (let n = 0; n < 900; n += 1) trail.record(statement);
  t.equal(trail.behind, true);
  await trail.commit([login('in')]);
  t.equal(trail.behind, false);
  files.fault = (call) => (call.what === 'write' ? systemError('EROFS') : undefined);
  await t.rejects(trail.commit([login('rejected')]));
  for (let n = 0; n < 6000; n += 1) trail.record(statement);
  t.equal(trail.behind, false, 'nobody waits for a disk');
  trail.record(login('left'));
  files.fault = () => undefined;
  await until(true);
  await trail.commit([login('after')]);
  await trail.close();
  const lines = await linesOf(DIR, { files });
  t.match(lines.find(({ line }) => line.includes('"events-lost"'))?.line, /"count":1000,/);
  t.ok(lines.some(({ line }) => line.includes('"left"')));
});

t.test('An event of which no record can be made stops no other.', async (t) => {
  const files = new MemoryFiles();
  const { trail } = await watched(files);
  const odd = { type: 'logged-in', connection: { ...facts(), port: 1n } } as unknown as ReturnType<
    typeof login
  >;
  trail.record(odd);
  await t.rejects(trail.commit([odd]), TrailUnavailable);
  await trail.commit([login('after')]);
  await trail.close();
  t.match(await eventsOf(files), /"events-lost"/);
});

t.test('A gateway that stops in an outage writes what it kept, if the disk works by then.', async (t) => {
  const files = new MemoryFiles();
  const { trail } = await watched(files, { surroundings: { probeEvery: 60_000 } });
  await trail.commit([login('before')]);
  files.fault = (call) => (call.what === 'write' ? systemError('ENOSPC') : undefined);
  await t.rejects(trail.commit([login('rejected')]));
  trail.record(login('kept'));
  files.fault = () => undefined;
  await trail.close();
  t.match(await eventsOf(files), /"kept"/);
  t.same(await findingsOf(files), []);
});

t.test('A gateway stops, too, where the disk does not work any more.', async (t) => {
  const files = new MemoryFiles();
  const { trail } = await watched(files);
  await trail.commit([login('before')]);
  files.fault = () => systemError('EIO');
  await t.rejects(trail.commit([login('rejected')]));
  await trail.close();
  files.fault = () => undefined;
  const next = await openTrail(files);
  await next.commit([login('after')]);
  await next.close();
  t.same(await findingsOf(files), []);
});

t.test(
  'A segment that cannot be encrypted stays as it is, is told of, and is encrypted later.',
  async (t) => {
    const files = new MemoryFiles();
    const problems: string[] = [];
    const onProblem = (text: string): void => void problems.push(text);
    const { trail } = await watched(files, { keys: RING, segmentBytes: 1000, onProblem });
    files.fault = ({ path }) => (path.endsWith('.sealing') ? systemError('ENOSPC') : undefined);
    await trail.commit([login('a')]);
    await trail.commit([login('b')]);
    await trail.purge(0, { kind: 'gateway' });
    t.match(problems[0], /^the audit trail could not be tidied: no space is left/);
    t.ok(files.text(`${DIR}/0000000000000001.jsonl`));
    files.fault = () => undefined;
    await trail.commit([login('c')]);
    await trail.purge(0, { kind: 'gateway' });
    t.notOk(files.text(`${DIR}/0000000000000001.jsonl`));
    await trail.close();
    t.same(await findingsOf(files), []);
  },
);
