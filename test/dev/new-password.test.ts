import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type DevLogin, writeLogin } from '../../src/dev/credentials.ts';
import { keepNewPassword } from '../../src/dev/new-password.ts';

const LOGIN: DevLogin = {
  project: 'dev',
  branch: 'br-main',
  endpoint: 'ep-main',
  role: 'app',
  database: 'app',
  password: 'old',
  embedded: true,
};

async function folder(t: Test): Promise<{ config: string; credentials: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'portcullis-password-'));
  t.teardown(() => rm(dir, { recursive: true }));
  return { config: join(dir, 'portcullis.yaml'), credentials: join(dir, 'credentials.json') };
}

t.test('The password that dev prints is kept, and nobody else may read it.', async (t) => {
  const { config, credentials } = await folder(t);
  await writeLogin(credentials, LOGIN);
  await keepNewPassword(config, { branch: 'br-main', role: 'app', password: 'new' });
  t.strictSame(JSON.parse(await readFile(credentials, 'utf8')), { ...LOGIN, password: 'new' });
  t.equal((await stat(credentials)).mode & 0o777, 0o600);
});

t.test('Other roles and branches are none of its business.', async (t) => {
  const { config, credentials } = await folder(t);
  await writeLogin(credentials, LOGIN);
  await keepNewPassword(config, { branch: 'br-main', role: 'reader', password: 'new' });
  await keepNewPassword(config, { branch: 'br-other', role: 'app', password: 'new' });
  t.strictSame(JSON.parse(await readFile(credentials, 'utf8')), LOGIN);
});

t.test('A folder that is not dev’s stays as it is.', async (t) => {
  const { config, credentials } = await folder(t);
  await keepNewPassword(config, { branch: 'br-main', role: 'app', password: 'new' });
  await t.rejects(stat(credentials), { code: 'ENOENT' });
  await writeFile(credentials, 'mine');
  await t.rejects(keepNewPassword(config, { branch: 'b', role: 'r', password: 'p' }), { name: 'DevError' });
});
