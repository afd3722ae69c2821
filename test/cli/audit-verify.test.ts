import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { segmentName } from '../../src/trail/segment-names.ts';
import { ONE_LINE } from '../support/portcullis.ts';
import { EVENTS, FIRST, withEvents } from './an-audit.ts';

t.test('verify says that a good trail is good, and how much of it there is.', async (t) => {
  const { operator } = await withEvents(t);
  const { status, stdout, stderr } = await operator.runs('audit verify');
  t.same({ status, stderr }, { status: 0, stderr: '' });
  t.match(stdout, /^ok: 3 records, 1 segment, \d+ checkpoints?\n$/);
  const json = JSON.parse((await operator.runs('audit verify -o json')).stdout);
  t.match(json, { ok: true, findings: [], summary: { records: 3, segments: 1, last: 3, unsigned: 0 } });
});

t.test('verify says what was changed, and where, with status 1.', async (t) => {
  const { operator, dir } = await withEvents(t);
  const text = await readFile(join(dir, FIRST), 'utf8');
  await writeFile(join(dir, FIRST), text.replace('203.0.113.7', '203.0.113.8'));
  const { status, stdout, stderr } = await operator.runs('audit verify');
  t.equal(status, 1);
  t.match(stderr, /^portcullis: the audit trail is not as it was written: \d+ findings?\n$/);
  t.match(stdout, /^SEGMENT +LINE +SEQUENCE +FINDING\n0{15}1 +1 /);
  const json = await operator.runs('audit verify -o json');
  t.equal(json.status, 1);
  t.match(JSON.parse(json.stdout), { ok: false, findings: [{ segment: segmentName(1), line: 1 }] });
});

t.test('verify finds a cut-off end by a checkpoint that was kept elsewhere.', async (t) => {
  const { operator, dir, open } = await withEvents(t);
  const trail = await open();
  await trail.commit(EVENTS);
  await trail.close();
  const names = (await readdir(dir)).filter((name) => name.endsWith('.checkpoints')).toSorted();
  const last = (await readFile(join(dir, names.at(-1) ?? ''), 'utf8')).trimEnd().split('\n').at(-1);
  const anchor = join(operator.folder, 'anchor');
  await writeFile(anchor, `${last}\n`);
  t.equal((await operator.runs(`audit verify --anchor ${anchor}`)).status, 0);
  const later = (await readdir(dir)).filter(
    (name) => /^\d{16}/.test(name) && !name.startsWith(segmentName(1)),
  );
  await Promise.all(later.map((name) => rm(join(dir, name))));
  t.equal((await operator.runs('audit verify')).status, 0, 'by itself a shorter trail is a good one');
  const found = await operator.runs(`audit verify --anchor ${anchor}`);
  t.equal(found.status, 1, found.stdout);
  t.match(found.stdout, /anchor/);
});

t.test(
  'verify takes a public key from elsewhere, and says what is wrong with one or with an anchor.',
  async (t) => {
    const { operator, dir } = await withEvents(t);
    const key = await readFile(`${dir}.pub`, 'utf8');
    const elsewhere = join(operator.folder, 'elsewhere.pub');
    await writeFile(elsewhere, key);
    t.equal((await operator.runs(`audit verify --public-key ${elsewhere}`)).status, 0);
    const nonsense = join(operator.folder, 'nonsense');
    await writeFile(nonsense, 'nonsense\n');
    const empty = join(operator.folder, 'empty');
    await writeFile(empty, '\n');
    const cases = [
      [`--public-key ${nonsense}`, 1, /not a key in PEM form/],
      [`--anchor ${nonsense}`, 2, /nonsense:1: the line is not JSON/],
      [`--anchor ${empty}`, 2, /holds no checkpoint/],
      [`--anchor ${operator.folder}/missing`, 2, /no such file/],
    ] as const;
    for (const [flags, status, wanted] of cases) {
      const ended = await operator.runs(`audit verify ${flags}`);
      t.equal(ended.status, status, flags);
      t.match(ended.stderr, wanted);
      t.match(ended.stderr, ONE_LINE);
    }
  },
);
