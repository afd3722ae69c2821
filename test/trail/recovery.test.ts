import { generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { keyId } from '../../src/audit/checkpoint.ts';
import { verifyTrail } from '../../src/trail/verify.ts';
import { DIR, linesOf, login, openTrail, RING, SIGNING_KEY } from './a-trail.ts';
import { MemoryFiles, systemError } from './memory-files.ts';

const publicKeys = [SIGNING_KEY.publicKey];
const FIRST = `${DIR}/0000000000000001`;

/** A trail that was closed. */
async function closedTrail(roles: readonly string[] = ['a', 'b']): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  const trail = await openTrail(files);
  await trail.commit(roles.map(login));
  await trail.close();
  return files;
}

/** A trail whose process was killed with both files open. */
async function killedTrail(): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  const trail = await openTrail(files);
  await trail.commit([login('a'), login('b')]);
  const left = files.afterKill();
  await trail.close();
  return left;
}

async function reopened(files: MemoryFiles): Promise<string[]> {
  const trail = await openTrail(files);
  await trail.commit([login('after')]);
  await trail.close();
  const { findings } = await verifyTrail(DIR, { files, publicKeys });
  return findings.map(({ what }) => what);
}

t.test('A torn last line is cut off, kept beside and recorded; then the chain goes on.', async (t) => {
  const files = await killedTrail();
  const whole = files.text(`${FIRST}.jsonl`) ?? '';
  files.put(`${FIRST}.jsonl`, `${whole}{"activity_id":1,"half`);
  t.same(await reopened(files), []);
  t.equal(files.text(`${FIRST}.jsonl`), whole);
  t.equal(files.text(`${FIRST}.torn`), '{"activity_id":1,"half');
  const [, , third] = await linesOf(DIR, { files });
  t.match(third, { sequence: 3, line: /"recovered".*"torn_bytes":22/ });
});

t.test('A torn checkpoint is cut off.', async (t) => {
  const files = await killedTrail();
  const whole = files.text(`${FIRST}.checkpoints`) ?? '';
  files.put(`${FIRST}.checkpoints`, `${whole}{"chain":"half`);
  t.same(await reopened(files), []);
});

t.test(
  'A file in which nothing was signed, of a start that was killed at once, is no finding.',
  async (t) => {
    const files = await killedTrail();
    files.put(`${DIR}/0000000000000003.checkpoints`, '');
    const { findings } = await verifyTrail(DIR, { files, publicKeys });
    t.same(findings, []);
    t.same(await reopened(files), []);
  },
);

t.test('A trail that was closed is gone on with in a new segment.', async (t) => {
  const files = await closedTrail();
  const before = files.text(`${FIRST}.checkpoints`);
  t.same(await reopened(files), []);
  t.equal(files.text(`${FIRST}.checkpoints`), before, 'it is not closed twice');
  t.ok(files.text(`${DIR}/0000000000000003.jsonl`)?.includes('"after"'));
});

t.test('Missing checkpoints do not stop a start, and are found.', async (t) => {
  const files = await closedTrail();
  await files.remove(`${FIRST}.checkpoints`);
  t.same(await reopened(files), [], 'the next ones begin anew');
  const more = await closedTrail();
  await reopened(more);
  await more.remove(`${FIRST}.checkpoints`);
  t.match(await reopened(more), [/checkpoint before it is missing/]);
});

t.test('Lines behind the closing checkpoint are not signed for by a start.', async (t) => {
  const files = await closedTrail();
  const other = await killedTrail();
  files.put(`${FIRST}.jsonl`, `${files.text(`${FIRST}.jsonl`)}${other.text(`${FIRST}.jsonl`)}`);
  t.not((await reopened(files)).length, 0);
});

t.test('A record that was signed is never cut off, whatever was made of it.', async (t) => {
  const files = await closedTrail(['a', 'b', 'c']);
  const changed = (files.text(`${FIRST}.jsonl`) ?? '').replace('"b"', '"x"');
  files.put(`${FIRST}.jsonl`, changed);
  t.not((await reopened(files)).length, 0);
  t.equal(files.text(`${FIRST}.jsonl`), changed);
});

t.test('A last record that was cut off with its line is found.', async (t) => {
  const files = await closedTrail(['a', 'b', 'c']);
  const lines = (files.text(`${FIRST}.jsonl`) ?? '').split('\n');
  files.put(`${FIRST}.jsonl`, `${lines.slice(0, 2).join('\n')}\n`);
  t.not((await reopened(files)).length, 0);
});

t.test('A trail of which only checkpoints are left goes on behind them.', async (t) => {
  const files = await closedTrail();
  await files.remove(`${FIRST}.jsonl`);
  t.match(await reopened(files), [/its records are missing/]);
  t.match(await linesOf(DIR, { files }), [{ sequence: 3 }]);
});

t.test('A trail that another key signed is not gone on with.', async (t) => {
  const files = await closedTrail();
  const pair = generateKeyPairSync('ed25519');
  const signingKey = { ...pair, id: keyId(pair.publicKey) };
  await t.rejects(openTrail(files, { signingKey }), {
    name: 'TrailError',
    message: /signed with another key: put that key back, or move the trail away/,
  });
});

t.test('Segments behind the last record stop a start, lest they be written over.', async (t) => {
  const files = await closedTrail();
  files.put(`${DIR}/0000000000000009.jsonl.enc`, 'whatever');
  await files.remove(`${FIRST}.checkpoints`);
  await t.rejects(openTrail(files, { keys: RING }), { name: 'TrailError', message: /move it away/ });
});

t.test('A folder that others may look into is refused.', async (t) => {
  const files = await closedTrail();
  const stat = files.stat.bind(files);
  files.stat = async (path) => {
    const found = await stat(path);
    return found && { ...found, mode: 0o750 };
  };
  await t.rejects(openTrail(files), { name: 'TrailError', message: /\(mode 0750\): chmod 700/ });
});

t.test('A trail that cannot be mended is not opened, and says why in one line.', async (t) => {
  const files = await killedTrail();
  files.fault = ({ what }) => (what === 'datasync' ? systemError('EIO') : undefined);
  await t.rejects(openTrail(files), {
    name: 'TrailError',
    message: /^the audit trail in \/audit cannot be opened: the disk fails to write/,
  });
});

t.test('A folder that cannot be made is told of.', async (t) => {
  const files = new MemoryFiles();
  files.fault = ({ what }) => (what === 'makeDir' ? systemError('EACCES') : undefined);
  await t.rejects(openTrail(files), { name: 'TrailError', message: /this user may not write there: let it/ });
});
