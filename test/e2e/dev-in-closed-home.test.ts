import { chmod, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { runsAsRoot } from '../../src/dev/account.ts';
import { startChild } from '../support/child.ts';
import { makeClone } from '../support/clone.ts';
import { devLine, PLAIN_ENV } from '../support/portcullis.ts';
import { processesLeftIn } from '../support/processes.ts';
import { ask } from '../support/psql.ts';

/** As root has it: nobody else may even pass through. */
const CLOSED = 0o700;

t.test(
  'npm start works in a clone under a home that is closed to others, and finds its data again.',
  async (t) => {
    const home = await mkdtemp(join(await realpath(tmpdir()), 'pc-home-'));
    t.teardown(() => rm(home, { recursive: true, force: true }));
    await chmod(home, CLOSED);
    const clone = join(home, 'portcullis');
    await mkdir(clone);
    await makeClone(clone);
    const database = join(clone, '.portcullis/postgres');
    // Root's database is elsewhere, behind a link: its account cannot get in here.
    t.teardown(async () => rm(await realpath(database), { recursive: true, force: true }));

    const env = { ...PLAIN_ENV, HOME: home, npm_config_update_notifier: 'false' };
    const args = ['start', '--silent', '--', '--json', '--port', '0'];
    for (const [sql, answer] of [
      ['CREATE TABLE kept AS SELECT 42 AS answer', 'SELECT 1'],
      ['SELECT answer FROM kept', '42'],
    ] as const) {
      const child = startChild(t, 'npm', args, { cwd: clone, env, group: true });
      const { url, ca } = await devLine(child);
      t.equal(ca, join(clone, '.portcullis/certs/ca.crt'));
      t.equal(await ask(url, sql), answer);
      const place = await realpath(database);
      t.equal(place.startsWith(clone), !runsAsRoot(), place);
      child.killGroup('SIGINT');
      await child.ended;
      t.strictSame(await processesLeftIn(clone), []);
      t.strictSame(await processesLeftIn(place), []);
    }
  },
);
