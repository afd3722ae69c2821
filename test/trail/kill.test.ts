import { randomInt } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { loadPublicKey, loadSigningKey } from '../../src/trail/signing-key.ts';
import { Trail } from '../../src/trail/trail.ts';
import { verifyTrail } from '../../src/trail/verify.ts';
import { size } from '../support/size.ts';
import { linesOf } from './a-trail.ts';
import { acknowledgedBy, lookFor, startWriter, writersFolder } from './writer-process.ts';

const ROUNDS = size(200, 10);
/** Several rotations and encryptions in each round. */
const SEGMENT_BYTES = 200_000;

t.test('A gateway that is killed at any moment has every record it acknowledged.', async (t) => {
  const folder = t.testdir();
  const { dir, keys } = writersFolder(folder);
  let from = 0;
  let acknowledged = 0;
  let torn = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const child = await startWriter(t, folder, { name: String(round), segmentBytes: SEGMENT_BYTES });
    await setTimeout(randomInt(5, 300));
    child.kill('SIGKILL');
    const { stdout, stderr } = await child.ended;
    const roles = acknowledgedBy(stdout);
    const left = await lookFor(roles, dir, { from, keys });
    t.same(
      { stderr, ...left, torn: 0 },
      { stderr: '', missing: [], broken: [], torn: 0 },
      `${roles.length} commits`,
    );
    t.ok(left.torn <= 1, `${left.torn} torn lines`);
    from = (await linesOf(dir, { from, keys })).reduce(
      (last, { sequence }) => Math.max(last, sequence),
      from,
    );
    acknowledged += roles.length;
    torn += left.torn;
  }
  const signingKey = await loadSigningKey(`${folder}/audit.key`, dir);
  const trail = await Trail.open({ dir, keys, signingKey });
  await trail.close();
  const verified = await verifyTrail(dir, { keys, publicKeys: [loadPublicKey(`${folder}/audit.key`)] });
  t.same(verified.findings, []);
  t.match(verified.summary, { torn: undefined, unsigned: 0 });
  t.comment(
    `${ROUNDS} kills, ${acknowledged} commits, ${torn} torn lines, ${verified.summary.segments} segments`,
  );
});
