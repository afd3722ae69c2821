import { statSync } from 'node:fs';
import t from 'tap';
import { loadSigningKey } from '../../src/trail/signing-key.ts';
import { Trail } from '../../src/trail/trail.ts';
import { verifyTrail } from '../../src/trail/verify.ts';
import { DIR, facts, linesOf, login, openTrail, SIGNING_KEY } from './a-trail.ts';
import { MemoryFiles } from './memory-files.ts';

const publicKeys = [SIGNING_KEY.publicKey];
const DAY = 86_400_000;
const BY = { kind: 'command', name: 'ops' } as const;

// The trail's own timers keep no process alive, and a disk in memory is no handle.
const alive = setInterval(() => undefined, 60_000);
t.teardown(() => clearInterval(alive));

t.test('What is committed is in the trail, in order, and the chain holds.', async (t) => {
  const files = new MemoryFiles();
  const trail = await openTrail(files);
  trail.record(login('before'));
  await trail.commit([login('a'), login('b')]);
  t.equal(trail.durable.sequence, 3);
  await trail.commit([login('c')]);
  await trail.commit([]);
  await trail.close();
  await trail.close();
  const lines = await linesOf(DIR, { files });
  t.same(
    lines.map(({ sequence }) => sequence),
    [1, 2, 3, 4],
  );
  const { findings, summary } = await verifyTrail(DIR, { files, publicKeys });
  t.same(findings, []);
  t.match(summary, { records: 4, unsigned: 0 });
  await t.rejects(trail.commit([login('late')]), { name: 'TrailUnavailable', message: /closed/ });
});

t.test('A commit comes after everything that was recorded before it.', async (t) => {
  const files = new MemoryFiles();
  const trail = await openTrail(files);
  for (let n = 0; n < 450; n += 1) trail.record(login(`r${n}`));
  await trail.commit([login('last')]);
  t.equal(trail.durable.sequence, 451);
  t.match((await linesOf(DIR, { files })).at(-1)?.line, /"last"/);
  await trail.close();
});

t.test('Commits of the same moment share one write to the disk.', async (t) => {
  const files = new MemoryFiles();
  const trail = await openTrail(files);
  await Promise.all(Array.from({ length: 100 }, (_, n) => trail.commit([login(`c${n}`)])));
  const writes = files.calls.filter(({ what, path }) => what === 'write' && path.endsWith('.jsonl'));
  t.equal(writes.length, 1);
  await trail.close();
});

t.test('A record tells what was known when it happened.', async (t) => {
  const files = new MemoryFiles();
  const trail = await openTrail(files);
  const connection = { ...facts({ role: 'early' }) };
  const done = trail.commit([{ type: 'logged-in', connection }]);
  Object.assign(connection, { role: 'later' });
  await done;
  t.match((await linesOf(DIR, { files }))[0]?.line, /"early"/);
  await trail.close();
});

t.test('Segments end by size and by age, each with its closing checkpoint.', async (t) => {
  const files = new MemoryFiles();
  let elapsed = 0;
  const surroundings = { files, elapsed: () => elapsed };
  const trail = await openTrail(files, { segmentBytes: 2000, segmentAge: DAY, surroundings });
  await trail.commit([login('a'), login('b'), login('c')]);
  await trail.commit([login('d')]);
  elapsed += DAY;
  await trail.commit([login('e')]);
  await trail.close();
  const segments = (await files.list(DIR)).filter((name) => name.endsWith('.jsonl'));
  t.same(segments, ['0000000000000001.jsonl', '0000000000000004.jsonl', '0000000000000005.jsonl']);
  for (const name of segments) {
    const lines = (files.text(`${DIR}/${name.replace('jsonl', 'checkpoints')}`) ?? '').trimEnd().split('\n');
    t.match(lines.at(-1), /"closes":true/);
  }
  t.same((await verifyTrail(DIR, { files, publicKeys })).findings, []);
});

t.test('Refusals of one second are told as one, and none waits at the end.', async (t) => {
  const files = new MemoryFiles();
  const trail = await openTrail(files);
  for (let n = 0; n < 500; n += 1)
    trail.refused(facts({ port: n, outcome: 'refused', reason: 'not-allowed' }));
  await trail.close();
  const lines = await linesOf(DIR, { files });
  t.equal(lines.length, 1);
  t.match(lines[0]?.line, /"count":500/);
});

t.test('Refusals wait while the disk is short of space; admissions go on.', async (t) => {
  const files = new MemoryFiles();
  files.space = 1_000_000;
  const trail = await openTrail(files, { reserve: 2_000_000 });
  trail.refused(facts({ outcome: 'refused', reason: 'not-allowed' }));
  await new Promise((resolve) => {
    setTimeout(resolve, 1200);
  });
  await trail.commit([login('a')]);
  t.equal(trail.durable.sequence, 1, 'the refusal is not written');
  files.space = 10_000_000;
  await trail.durable.past(1, undefined);
  await trail.close();
  t.match((await linesOf(DIR, { files }))[1]?.line, /not-allowed/);
});

t.test('Retention deletes whole segments, says so first, and keeps their checkpoints.', async (t) => {
  const files = new MemoryFiles();
  let now = 0;
  const surroundings = { files, now: () => now };
  const trail = await openTrail(files, { segmentBytes: 1000, surroundings });
  for (const role of ['a', 'b', 'c']) {
    await trail.commit([login(role)]);
    now += 10 * DAY;
  }
  const { segments } = await trail.purge(25 * DAY, BY);
  t.same(segments, ['0000000000000001', '0000000000000002']);
  await trail.close();
  const lines = await linesOf(DIR, { files });
  t.match(lines, [
    { sequence: 3, line: /"name":"c"/ },
    { sequence: 4, line: /"ops".*"trail-purged"/ },
  ]);
  t.ok(files.text(`${DIR}/0000000000000001.checkpoints`));
  t.same((await verifyTrail(DIR, { files, publicKeys })).findings, []);
});

t.test('A purge that cannot be recorded deletes nothing.', async (t) => {
  const files = new MemoryFiles();
  const trail = await openTrail(files, { segmentBytes: 1000 });
  await trail.commit([login('a')]);
  await trail.commit([login('b')]);
  files.fault = ({ what }) =>
    what === 'write' ? Object.assign(new Error('full'), { code: 'ENOSPC' }) : undefined;
  await t.rejects(trail.purge(Number.MAX_SAFE_INTEGER, BY), { name: 'TrailUnavailable' });
  t.ok(files.text(`${DIR}/0000000000000001.jsonl`));
  files.fault = () => undefined;
  await trail.close();
});

t.test('One process writes a trail; files and folder are for its owner alone.', async (t) => {
  const folder = t.testdir();
  const dir = `${folder}/var/audit`;
  const signingKey = await loadSigningKey(`${folder}/audit.key`, dir);
  const trail = await Trail.open({ dir, signingKey });
  await trail.commit([login('a')]);
  await t.rejects(Trail.open({ dir, signingKey }), {
    name: 'TrailError',
    message:
      /^process \d+ writes the audit trail in .*: stop it first, or give each gateway an audit\.dir of its own$/,
  });
  t.equal(statSync(dir).mode & 0o777, 0o700);
  t.equal(statSync(`${dir}/0000000000000001.jsonl`).mode & 0o777, 0o600);
  t.equal(statSync(`${dir}/0000000000000001.checkpoints`).mode & 0o777, 0o600);
  await trail.close();
  const next = await Trail.open({ dir, signingKey });
  const { segments } = await next.purge(Number.MAX_SAFE_INTEGER, BY);
  await next.close();
  t.same(segments, ['0000000000000001']);
  const { findings, summary } = await verifyTrail(dir, { publicKeys: [signingKey.publicKey] });
  t.same(findings, []);
  t.equal(summary.records, 1);
});

t.test('A trail may be verified while it is written.', async (t) => {
  const folder = t.testdir();
  const dir = `${folder}/audit`;
  const signingKey = await loadSigningKey(`${folder}/audit.key`, dir);
  const trail = await Trail.open({ dir, signingKey, segmentBytes: 20_000 });
  let writing = true;
  const writer = (async () => {
    while (writing) await trail.commit([login('a'), login('b')]);
  })();
  for (let n = 0; n < 10; n += 1) {
    t.same((await verifyTrail(dir, { publicKeys: [signingKey.publicKey] })).findings, []);
  }
  writing = false;
  await writer;
  await trail.close();
});
