import { rm, writeFile } from 'node:fs/promises';
import t from 'tap';
import { loadPublicKey } from '../../src/trail/signing-key.ts';
import { verifyTrail } from '../../src/trail/verify.ts';
import { type Child, run } from '../support/child.ts';
import { acknowledgedBy, lookFor, startWriter, writersFolder } from './writer-process.ts';

/** What the operating system itself does to a trail under load; faults at every point are in outage.test.ts. */

const SEGMENT_BYTES = 200_000;

/** How often a writer has said something. */
function count(child: Child, what: RegExp): number {
  return child.stdout.match(what)?.length ?? 0;
}

/** Waits until a writer has had so many more commits acknowledged. */
async function moreCommits(child: Child, more: number): Promise<void> {
  const before = count(child, /^\+/gm);
  await child.until(`${more} commits`, () => count(child, /^\+/gm) >= before + more);
}

t.test('A disk that is full stops admissions, and all goes on once there is room.', async (t) => {
  const folder = `${t.testdir({ disk: {} })}/disk`;
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'portcullis-test', folder]);
  if (mounted.status !== 0) {
    t.pass('this user may not mount a small disk: outage.test.ts has one in memory');
    return;
  }
  try {
    const { dir, keys } = writersFolder(folder);
    const child = await startWriter(t, folder, { name: 'w', segmentBytes: SEGMENT_BYTES });
    await moreCommits(child, 50);
    // As much of it as there is room for.
    await t.rejects(writeFile(`${folder}/ballast`, Buffer.alloc(3 * 1024 * 1024)), { code: 'ENOSPC' });
    await child.until('a full disk', () => child.stdout.includes('unhealthy'));
    t.match(child.stdout, /unhealthy the audit trail in .* cannot be written: no space is left on the disk/);
    await rm(`${folder}/ballast`);
    await child.until('room', () => child.stdout.includes('\nhealthy'));
    await moreCommits(child, 20);
    child.kill('SIGKILL');
    const { stdout, stderr } = await child.ended;
    t.equal(stderr, '');
    t.match(await lookFor(acknowledgedBy(stdout), dir, { keys }), { missing: [], broken: [] });
    const { findings } = await verifyTrail(dir, { keys, publicKeys: [loadPublicKey(`${folder}/audit.key`)] });
    t.same(findings, []);
  } finally {
    await run('umount', ['-l', folder]);
  }
});

t.test('Where no file may grow further, the next segment begins.', async (t) => {
  const folder = t.testdir();
  const { dir, keys } = writersFolder(folder);
  const child = await startWriter(t, folder, { name: 'w', segmentBytes: 10_000_000, fileLimit: 3000 });
  await child.until('the limit', () => count(child, /^unhealthy .*limit of file sizes$/gm) >= 1);
  await child.until('the next segment', () => count(child, /^healthy$/gm) >= 1);
  await moreCommits(child, 10);
  child.kill('SIGKILL');
  const { stdout, stderr } = await child.ended;
  t.equal(stderr, '');
  t.match(await lookFor(acknowledgedBy(stdout), dir, { keys }), { missing: [], broken: [] });
  const { findings } = await verifyTrail(dir, { keys, publicKeys: [loadPublicKey(`${folder}/audit.key`)] });
  t.same(findings, []);
});

t.test(
  'A directory that is removed under load is made again, and nothing counts that was not in it.',
  async (t) => {
    const folder = t.testdir();
    const { dir, keys } = writersFolder(folder);
    const child = await startWriter(t, folder, { name: 'w', segmentBytes: SEGMENT_BYTES });
    await moreCommits(child, 20);
    await rm(dir, { recursive: true, force: true });
    const gone = child.stdout.length;
    await child.until('its loss', () => child.stdout.includes('unhealthy'));
    await child.until('a new one', () => child.stdout.includes('\nhealthy'));
    await moreCommits(child, 20);
    child.kill('SIGKILL');
    const { stdout, stderr } = await child.ended;
    t.equal(stderr, '');
    const back = stdout.indexOf('\nhealthy', gone);
    t.match(await lookFor(acknowledgedBy(stdout.slice(back)), dir, { keys }), { missing: [], broken: [] });
    const { findings } = await verifyTrail(dir, { keys, publicKeys: [loadPublicKey(`${folder}/audit.key`)] });
    t.ok(findings.length > 0, 'the removal is found');
  },
);
