import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { EVENTS, FIRST, jsonLines, withEvents } from './an-audit.ts';

t.test('export gives the records of a period as they are, and is itself on record.', async (t) => {
  const { operator, dir } = await withEvents(t);
  const original = await readFile(join(dir, FIRST), 'utf8');
  const { status, stdout } = await operator.runs('audit export');
  t.equal(status, 0);
  t.equal(stdout, original);
  t.equal((await operator.runs('audit export --since 2999-01-01')).stdout, '');
  const output = join(operator.folder, 'export.jsonl');
  const filed = await operator.runs(`audit export --until 2999-01-01 --output ${output}`);
  t.equal(filed.stdout, `5 records exported to ${output}\n`, 'with the records of the two exports before');
  t.equal((await stat(output)).mode & 0o777, 0o600);
  t.equal(jsonLines(await readFile(output, 'utf8')).length, 5);
  const again = await operator.runs(`audit export --output ${output}`);
  t.match(again, { status: 1, stderr: /is there already: name another/ });
  const told = jsonLines((await operator.runs('audit tail -o json')).stdout);
  t.equal(told.filter(({ metadata }) => metadata.event_code === 'trail-exported').length, 3);
  t.equal((await operator.runs('audit verify')).status, 0);
});

t.test('export refuses a trail that was changed, unless it is told not to mind.', async (t) => {
  const { operator, dir } = await withEvents(t);
  const text = await readFile(join(dir, FIRST), 'utf8');
  await writeFile(join(dir, FIRST), text.replace('203.0.113.7', '203.0.113.8'));
  const refused = await operator.runs('audit export');
  t.match(refused, { status: 1, stdout: '', stderr: /audit verify shows how, --unverified/ });
  const given = await operator.runs('audit export --unverified');
  t.match(given, { status: 0, stdout: /203\.0\.113\.8/ });
});

t.test('An export that cannot be recorded leaves nothing behind.', async (t) => {
  const { operator, open } = await withEvents(t);
  const writer = await open();
  t.teardown(() => writer.close());
  const output = join(operator.folder, 'export.jsonl');
  for (const _try of [1, 2])
    t.match(await operator.runs(`audit export --output ${output}`), {
      status: 1,
      stdout: '',
      stderr: /writes the audit trail/,
    });
  await t.rejects(stat(output), { code: 'ENOENT' });
  await writer.commit(EVENTS);
});
