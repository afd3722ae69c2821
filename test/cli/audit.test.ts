import { join } from 'node:path';
import t from 'tap';
import { AdminServer } from '../../src/admin/server.ts';
import { adminSource } from '../support/admin-source.ts';
import { ONE_LINE } from '../support/portcullis.ts';
import { jsonLines, scene, withEvents } from './an-audit.ts';

t.test('What is typed wrongly is told in a line, with status 2.', async (t) => {
  const { operator } = await withEvents(t);
  const cases = [
    ['audit tail --since yesterday', /how long ago, as in 90m or 7d/],
    ['audit tail --since 2026-13-01', /how long ago/],
    ['audit tail -n many', /a number up to 10000/],
    ['audit tail -n 99999', /a number up to 10000/],
    ['audit tail --address nowhere', /--address/],
    ['audit tail --outcome sometimes', /Allowed choices/],
    ['audit purge', /--before or --older-than/],
    ['audit purge --before 30d --older-than 30d', /--before or --older-than/],
    ['audit purge --before 30d', /There is no terminal .*--yes/],
  ] as const;
  for (const [line, wanted] of cases) {
    const { status, stdout, stderr } = await operator.runs(line);
    t.equal(status, 2, line);
    t.match(stderr, wanted, line);
    t.match(stderr, ONE_LINE);
    t.equal(stdout, '');
  }
});

t.test('Where there is no trail, every command says so.', async (t) => {
  const { operator } = await scene(t);
  for (const line of ['verify', 'tail', 'export', 'purge --before 30d --yes']) {
    const { status, stderr } = await operator.runs(`audit ${line}`);
    t.equal(status, 1, line);
    t.match(stderr, /^portcullis: there is no audit trail at .*var\/audit: has the gateway run\?\n$/);
  }
});

t.test('While a gateway runs, it records and deletes, asked by the control socket.', async (t) => {
  const { operator, open } = await withEvents(t);
  const trail = await open();
  t.teardown(() => trail.close());
  const path = join(operator.folder, 'portcullis.sock');
  const locked = await operator.runs('audit export');
  t.match(locked, { status: 1, stdout: '', stderr: ONE_LINE }, 'a writer that nobody can ask');
  const admin = await AdminServer.open({ path }, { ...adminSource(), audit: trail });
  t.teardown(() => admin.close());
  t.equal(jsonLines((await operator.runs('audit export')).stdout).length, 3);
  t.match((await operator.runs('audit purge --before 2020-01-01 --yes')).stdout, 'nothing is old enough');
  const told = await operator.runs('audit tail -n 1');
  t.match(told.stdout, /trail-exported .*3 records/);
});
