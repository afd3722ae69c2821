import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parseSaltedKeys } from '../../src/scram/salted-keys.ts';
import { CatalogFileDesk } from '../../src/store/catalog-desk.ts';
import { firstLogin } from '../store/a-catalog-file.ts';
import { PASSWORD } from '../support/client-login.ts';
import { verifier } from '../support/scene.ts';
import { ScriptedUpstream } from '../support/scripted-upstream.ts';
import { close, expect, fatal, hang, type Script, scram, send, welcome } from '../support/upstream-steps.ts';
import { Operator } from './operator.ts';

const LETS_IN: Script = [expect('startup'), scram(verifier), send(welcome()), hang];
const REFUSES: Script = [expect('startup'), send(fatal('28P01', 'no')), close];

/** An operator with a role `app` on a branch whose upstream follows scripts. */
async function scene(t: Test, scripts: readonly Script[], query = '') {
  const upstream = await ScriptedUpstream.open({ scripts });
  t.teardown(() => upstream.close());
  const operator = await Operator.at(t);
  const url = `postgres://${upstream.host}:${upstream.port}${query}`;
  for (const line of [`projects create --upstream ${url}`, 'roles create --name app'])
    t.match(await operator.runs(line), { status: 0 });
  const { folder } = operator;
  const location = { base: folder, file: join(folder, 'catalog.yaml'), keyFile: join(folder, 'catalog.key') };
  const desk = new CatalogFileDesk({ ...location, keys: undefined, clientCa: false }, { env: {} });
  return {
    set: (more: string, input = PASSWORD) => operator.runs(`roles set-upstream app ${more} -o json`, input),
    kept: () => firstLogin(desk.read()),
    text: () => readFile(location.file, 'utf8'),
    database: () => upstream.conversation().startup?.parameters.text('database'),
  };
}

t.test('A password that is let in is kept as the upstream’s keys, and can be given up again.', async (t) => {
  const { set, kept, database } = await scene(t, [LETS_IN], '?sslmode=disable');
  const done = await set('--password-stdin');
  t.match(done, { status: 0, stderr: '' });
  t.match(JSON.parse(done.stdout), { name: 'app', upstream_login: 'keys' });
  t.strictSame(parseSaltedKeys(kept() ?? '')?.salt, verifier.salt);
  t.equal(database(), 'postgres');
  t.match(JSON.parse((await set('--passthrough')).stdout), { upstream_login: 'passthrough' });
  t.equal(kept(), undefined);
});

t.test('It is tried in the first mapped database, or in the one that is named.', async (t) => {
  const mapped = await scene(t, [LETS_IN], '/shop?sslmode=disable');
  t.match(await mapped.set('--password-stdin'), { status: 0 });
  t.equal(mapped.database(), 'shop');
  const named = await scene(t, [LETS_IN], '/shop?sslmode=disable');
  t.match(await named.set('--upstream-database other --password-stdin'), { status: 0 });
  t.equal(named.database(), 'other');
});

t.test('An upstream without SCRAM has the password itself kept, and this is said.', async (t) => {
  const trusting = [[expect('startup'), send(welcome()), hang]];
  const { set, kept } = await scene(t, trusting, '?sslmode=disable&require_auth=none');
  const done = await set('--password-stdin');
  t.match(done, { status: 0, stderr: /^portcullis: warning: the upstream does not ask for SCRAM/ });
  t.equal(kept(), PASSWORD);
});

t.test(
  'One that is refused changes nothing, nor does one that was not typed; unchecked it is taken.',
  async (t) => {
    const { set, kept, text } = await scene(t, [REFUSES], '?sslmode=disable');
    const before = await text();
    t.match(await set('--upstream-role there --password-stdin'), {
      status: 1,
      stdout: '',
      stderr:
        /^portcullis: cannot log in upstream as there, database postgres: 28P01: no; nothing was changed: [^\n]*\n$/,
    });
    t.match(await set('--password-stdin', '\n'), { status: 2, stderr: /no password came/ });
    t.equal(await text(), before);
    t.match(await set('--no-check --password-stdin'), { status: 0, stderr: /the password was not tried/ });
    t.equal(kept(), PASSWORD);
  },
);

t.test('A password in the form of keys is refused where it would be kept.', async (t) => {
  const { set, kept } = await scene(t, [LETS_IN], '?sslmode=disable');
  t.match(await set('--password-stdin'), { status: 0 });
  const done = await set('--no-check --password-stdin', kept());
  t.match(done, { status: 2, stderr: /a password may not have the form of SCRAM keys/ });
});
