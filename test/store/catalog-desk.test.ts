import { chmod, mkdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { carryOut } from '../../src/control/carry-out.ts';
import { CatalogFileDesk } from '../../src/store/catalog-desk.ts';
import { takeLock } from '../../src/store/lock.ts';
import { anUpstream } from '../catalog/a-catalog.ts';
import { aCatalogFile, catalogText } from './a-catalog-file.ts';
import { CHANCE, carry, deskOf } from './a-desk.ts';

const COMMENTED = `# The catalog of the shop.

projects:
  # first
  - id: shop
    name: 'The shop' # for people
    settings:
      allowed_ips:
        ips:
          - 203.0.113.7 # the office
          # the home of A.
          - 198.51.100.0/24
          - 192.0.2.1 # to go
    branches:
      # where it all began
      - id: br-main
        name: main # renamed never
        default: true # for psql
        protected: true
        endpoints: [ { id: ep-main } ]
        upstream: { host: db } # behind the wall
        roles:
          # the application
          - name: app # its only one
            no_login: true
            upstream: { role: "app" }
# the end
`;

t.test('An edit changes what it is about, and keeps comments and order.', async (t) => {
  const location = aCatalogFile(t, { text: COMMENTED });
  const text = await carry(
    location,
    { type: 'unprotect-branch', branch: 'main' },
    { type: 'remove-ips', ips: ['192.0.2.1'] },
    { type: 'add-ips', ips: ['2001:db8::/32'] },
    { type: 'rename-branch', branch: 'main', name: 'trunk' },
  );
  const expected = COMMENTED.replace('protected: true', 'protected: false')
    .replace('- 192.0.2.1 # to go\n', '- 2001:db8::/32\n')
    .replace('name: main #', 'name: trunk #');
  t.equal(spaceless(text), spaceless(expected));
  t.equal((await stat(location.file)).mode & 0o777, 0o600);
});

t.test('What was made can be undone without a trace.', async (t) => {
  const location = aCatalogFile(t, { text: COMMENTED });
  const made = await carry(
    location,
    { type: 'create-branch', name: 'dev' },
    { type: 'create-role', role: 'new' },
  );
  for (const line of COMMENTED.split('\n')) t.ok(made.includes(line), line);
  const undone = await carry(
    location,
    { type: 'delete-branch', branch: 'dev' },
    { type: 'delete-role', role: 'new' },
    { type: 'add-ips', branch: 'main', ips: ['::/0'] },
    { type: 'reset-ips', branch: 'main', ips: [] },
  );
  t.equal(spaceless(undone), spaceless(COMMENTED));
});

t.test(
  'Lists that are flush with their key stay so, and every comment stays where another style was.',
  async (t) => {
    const styled = COMMENTED.replace('projects:', 'projects: # all')
      .replaceAll(/^ {2}/gm, '')
      .replace('[ { id: ep-main } ]', '[{id: ep-main}]');
    const location = aCatalogFile(t, { text: styled });
    const text = await carry(location, { type: 'unprotect-branch', branch: 'main' });
    t.match(text, /^- id: shop$/m);
    t.strictSame(comments(text), comments(styled));
  },
);

/** Empty lines are YAML's to set. */
function spaceless(text: string): string {
  return text.replaceAll(/\n+/g, '\n');
}

function comments(text: string): string[] {
  return [...text.matchAll(/#.*$/gm)].map(([comment]) => comment);
}

t.test('A write that fails leaves the old catalog, and says why.', async (t) => {
  const location = aCatalogFile(t);
  for (const [code, wanted] of [
    ['ENOSPC', /cannot write .*catalog\.yaml \(ENOSPC\), nothing was changed/],
    ['EROFS', /EROFS/],
  ] as const) {
    const write = () => Promise.reject(Object.assign(new Error('no'), { code }));
    const desk = new CatalogFileDesk(location, { env: {}, write });
    const carried = carryOut(desk, { type: 'protect-branch', branch: 'main' }, CHANCE);
    await t.rejects(carried, { name: 'CatalogNotWritten', message: wanted });
  }
  t.equal(await readFile(location.file, 'utf8'), catalogText());
});

t.test('A broken catalog is not edited, and told with all its problems.', async (t) => {
  const location = aCatalogFile(t, { text: catalogText().replace('default: true', 'defualt: true') });
  const carried = carry(location, { type: 'protect-branch', branch: 'main' });
  await t.rejects(carried, { name: 'UnusableCatalog', message: /^\S+catalog\.yaml:\d+:\d+: /m });
  await chmod(location.file, 0o644);
  t.throws(() => deskOf(location).read(), { name: 'UnusableCatalog', message: /chmod 600/ });
});

t.test('What an edit would make is checked before it is written.', async (t) => {
  const location = aCatalogFile(t);
  const broken = deskOf(location).change(async () => [
    { type: 'branch-renamed', projectId: 'p', branchId: 'br-main', name: '' },
  ]);
  await t.rejects(broken, { name: 'UnusableCatalog', message: /must not be empty/ });
  t.equal(await readFile(location.file, 'utf8'), catalogText());
});

t.test('Parts that are shared by anchors are not edited through another’s name.', async (t) => {
  const shared = catalogText()
    .replace('roles: [{', 'roles: &r [{')
    .concat('  - id: br-dev\n    name: dev\n    upstream: { host: db2 }\n    roles: *r\n');
  const location = aCatalogFile(t, { text: shared });
  const alias = carry(location, { type: 'create-role', branch: 'dev', role: 'new' });
  await t.rejects(alias, { name: 'UneditableCatalog', message: /roles stands in catalog\.yaml as an alias/ });
  const anchor = carry(location, { type: 'create-role', branch: 'main', role: 'new' });
  await t.rejects(anchor, { name: 'UneditableCatalog', message: /shares parts by anchors/ });
  t.equal(await readFile(location.file, 'utf8'), shared);
  t.match(await carry(location, { type: 'protect-branch', branch: 'dev' }), /protected: true/);
});

t.test('A catalog that is not there is an empty one, and made private.', async (t) => {
  const location = aCatalogFile(t);
  await rm(location.file);
  t.strictSame(deskOf(location).read(), []);
  const upstream = { target: anUpstream({ database: new Map([['a', 'b']]) }), rootCertFile: undefined };
  await carry(location, { type: 'create-project', id: 'shop', branchName: 'main', upstream });
  t.equal((await stat(location.file)).mode & 0o777, 0o600);
  t.match(deskOf(location).read(), [{ id: 'shop', branches: [{ name: 'main', upstream: upstream.target }] }]);
});

t.test('Whoever holds the lock is named, whichever way the file is reached.', async (t) => {
  const location = aCatalogFile(t);
  const link = { ...location, file: join(location.base, 'link.yaml') };
  await symlink(location.file, link.file);
  await using _lock = await takeLock(`${location.file}.lock`);
  for (const each of [location, link]) {
    const desk = new CatalogFileDesk(each, { env: {}, patience: 0 });
    const carried = carryOut(desk, { type: 'protect-branch', branch: 'main' }, CHANCE);
    const message = new RegExp(`^process ${process.pid} is changing .*: try again`);
    await t.rejects(carried, { name: 'CatalogNotWritten', message });
  }
});

t.test('A folder that cannot be written to is an error with a mend.', async (t) => {
  const location = aCatalogFile(t);
  const lost = { ...location, file: join(location.base, 'absent', 'catalog.yaml') };
  const carried = deskOf(lost).change(async () => []);
  await t.rejects(carried, { name: 'CatalogNotWritten', message: /cannot write beside .*\(ENOENT\)/ });
  await mkdir(join(location.base, 'folder.yaml'));
  const folder = { ...location, file: join(location.base, 'folder.yaml') };
  t.throws(() => deskOf(folder).read(), { name: 'UnusableCatalog', message: /a folder, not a file/ });
});
