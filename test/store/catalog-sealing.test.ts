import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { formatKeyLine, KEY_BYTES, parseKeyRing, singleKey } from '../../src/config/key-ring.ts';
import { formatLogin } from '../../src/config/login-text.ts';
import { seal } from '../../src/config/sealed.ts';
import { authQuerySecret } from '../../src/config/secret-owner.ts';
import { carryOut } from '../../src/control/carry-out.ts';
import { CatalogFileDesk } from '../../src/store/catalog-desk.ts';
import { writeFileAtomic } from '../../src/store/write-file.ts';
import { aCatalogFile, catalogText, firstLogin } from './a-catalog-file.ts';
import { CHANCE, carry, deskOf, ROLE } from './a-desk.ts';

t.test('A sealed password is in the file, and no other.', async (t) => {
  const key = formatKeyLine('k', randomBytes(KEY_BYTES));
  const location = aCatalogFile(t, { key });
  const text = await carry(location, ROLE);
  t.notMatch(text, /horse/);
  t.match(text, /password: sealed:v1:k:/);
  t.equal(firstLogin(deskOf(location).read()), 'horse');
  t.notMatch(await carry(location, { ...ROLE, login: undefined }), /sealed/);
});

t.test(
  'A copy of a sealed login is sealed for its new owner, and the name of a branch does not count.',
  async (t) => {
    const location = aCatalogFile(t, { key: formatKeyLine('k', randomBytes(KEY_BYTES)) });
    const text = await carry(
      location,
      ROLE,
      { type: 'create-branch', name: 'dev' },
      { type: 'rename-branch', branch: 'main', name: 'trunk' },
      { type: 'delete-role', branch: 'dev', role: 'app' },
      { type: 'reset-branch', branch: 'dev' },
    );
    const sealed = [...text.matchAll(/sealed:\S+/g)].map(([each]) => each);
    t.equal(new Set(sealed).size, 2);
    const logins = deskOf(location)
      .read()
      .flatMap(({ branches }) =>
        branches.flatMap(({ roles }) => roles.map(({ upstream }) => upstream.login)),
      );
    t.strictSame(
      logins.map((login) => login && formatLogin(login)),
      ['horse', 'horse'],
    );
  },
);

t.test('A copy of what a variable or a file holds names it again.', async (t) => {
  const query = `auth_query: { role: gate, password: "\${PW}" }\n    roles:`;
  const written = catalogText({ password: `"\${PW}"` }).replace('roles:', query);
  const location = aCatalogFile(t, { text: written });
  const desk = new CatalogFileDesk(location, { env: { PW: 'horse' } });
  await carryOut(desk, { type: 'create-branch', name: 'dev' }, CHANCE);
  const text = await readFile(location.file, 'utf8');
  t.equal(text.match(/\$\{PW\}/g)?.length, 4);
});

t.test('A sealed password of auth_query is sealed anew for a copy of the branch.', async (t) => {
  const key = formatKeyLine('k', randomBytes(KEY_BYTES));
  const parsed = parseKeyRing(key);
  if ('problem' in parsed) throw new Error(parsed.problem);
  const secret = { secret: 'horse', owner: authQuerySecret('p', 'br-main') };
  const query = `auth_query: { role: gate, password: "${seal(parsed.ring, secret, randomBytes)}" }\n    roles:`;
  const location = aCatalogFile(t, { key, text: catalogText().replace('roles:', query) });
  await carry(location, { type: 'create-branch', name: 'dev' });
  const [project] = deskOf(location).read();
  t.strictSame(
    project?.branches.map(({ authQuery }) => authQuery?.password?.reveal()),
    ['horse', 'horse'],
  );
});

t.test('The first secret that is sealed makes the key file, and says so.', async (t) => {
  const made: string[] = [];
  const location = { ...aCatalogFile(t), keyFile: join(t.testdirName, 'catalog.key') };
  const desk = new CatalogFileDesk(location, { env: {}, keyMade: (path) => void made.push(path) });
  await carryOut(desk, ROLE, CHANCE);
  t.strictSame(made, [location.keyFile]);
  t.equal((await stat(location.keyFile)).mode & 0o777, 0o600);
  t.match(await readFile(location.keyFile, 'utf8'), /^k-[0-9a-f]{8}:\S{44}\n$/);
  t.equal(firstLogin(deskOf(location).read()), 'horse');
  await carryOut(desk, ROLE, CHANCE);
  t.equal(made.length, 1, 'once');
});

t.test('A first secret whose making ends at any write loses nothing, and can be set again.', async (t) => {
  for (const broken of [1, 2]) {
    const plain = aCatalogFile({ testdir: (content) => `${t.testdir({ [broken]: content })}/${broken}` });
    const location = { ...plain, keyFile: join(plain.base, 'catalog.key') };
    let writes = 0;
    const write = async (path: string, text: string, mode: number): Promise<void> => {
      writes += 1;
      if (writes === broken) throw Object.assign(new Error('no'), { code: 'ENOSPC' });
      await writeFileAtomic(path, text, mode);
    };
    const carried = carryOut(new CatalogFileDesk(location, { env: {}, write }), ROLE, CHANCE);
    await t.rejects(carried, { name: 'CatalogNotWritten' });
    t.equal(await readFile(location.file, 'utf8'), catalogText());
    t.equal(existsSync(location.keyFile), broken === 2, 'a key without secrets');
    await carry(location, ROLE);
    t.equal(firstLogin(deskOf(location).read()), 'horse');
  }
});

t.test('A key file that is gone is not replaced while something is sealed.', async (t) => {
  const location = aCatalogFile(t, { key: formatKeyLine('k', randomBytes(KEY_BYTES)) });
  const text = await carry(location, ROLE);
  const { keyFile = '' } = location;
  await rm(keyFile);
  const message = /catalog\.yaml:\d+:\d+: no key to open it: \S+catalog\.key is not there, put it back$/;
  await t.rejects(carry(location, ROLE), { name: 'UnusableCatalog', message });
  t.equal(existsSync(keyFile), false);
  t.equal(await readFile(location.file, 'utf8'), text);
});

t.test('A key file that cannot be used seals nothing.', async (t) => {
  const location = aCatalogFile(t, { key: 'k:short\n' });
  await t.rejects(carry(location, ROLE), {
    name: 'UnusableCatalog',
    message: /catalog\.key:1:1: line 1 of the key/,
  });
  await chmod(`${location.keyFile}`, 0o640);
  await t.rejects(carry(location, ROLE), { message: /others may read or write it \(mode 0640\): chmod 600/ });
});

t.test('A key that comes from a variable seals as well.', async (t) => {
  const keys = singleKey('env', randomBytes(KEY_BYTES));
  const location = { ...aCatalogFile(t), keys };
  t.match(await carry(location, ROLE), /password: sealed:v1:env:/);
  t.equal(firstLogin(deskOf(location).read()), 'horse');
});

t.test('Without a key, nothing is sealed and nothing changed.', async (t) => {
  const location = aCatalogFile(t);
  await t.rejects(carry(location, ROLE), { name: 'CatalogNotWritten', message: /give catalog\.key/ });
  t.equal(await readFile(location.file, 'utf8'), catalogText());
});
