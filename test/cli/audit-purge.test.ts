import { readdir } from 'node:fs/promises';
import t from 'tap';
import { EVENTS, scene } from './an-audit.ts';

t.test('purge deletes closed files that are old enough, and is itself on record.', async (t) => {
  const { operator, dir, open } = await scene(t);
  const trail = await open({ segmentBytes: 4000 });
  for (let count = 0; count < 4; count += 1) await trail.commit(EVENTS);
  await trail.close();
  const nothing = await operator.runs('audit purge --before 2020-01-01 --yes');
  t.match(nothing, { status: 0, stdout: 'nothing is old enough\n' });
  const { status, stdout } = await operator.runs('audit purge --before 2999-01-01 --yes -o json');
  t.equal(status, 0);
  const { segments } = JSON.parse(stdout);
  t.ok(segments.length > 1);
  const left = (await readdir(dir)).filter((name) => name.endsWith('.jsonl'));
  t.notOk(left.some((name) => segments.includes(name.replace('.jsonl', ''))));
  t.match((await operator.runs('audit tail')).stdout, /trail-purged/);
  const verified = await operator.runs('audit verify');
  t.equal(verified.status, 0, verified.stdout);
});
