import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { run } from './support/child.ts';
import { makeGatewayFolder } from './support/gateway.ts';
import { selfSigned } from './support/openssl.ts';
import { CLONE, ONE_LINE, PLAIN_ENV, startPortcullis } from './support/portcullis.ts';

const [BY_NODE, BY_BUN] = ['bin/portcullis.cjs', 'bin/portcullis-bun'];
const ENV = { PATH: PLAIN_ENV.PATH, HOME: PLAIN_ENV.HOME };
const AS_BUN = { ...ENV, PORTCULLIS_RUNTIME: 'bun' };
const { version } = JSON.parse(await readFile(join(CLONE, 'package.json'), 'utf8'));
const { status } = await run(join(CLONE, BY_BUN), ['--version'], { env: ENV });
/** npm has none for musl, for one. */
const skip = status !== 0 && 'no Bun is installed';

t.test(
  'PORTCULLIS_RUNTIME says which runtime is the gateway’s; it is the same process.',
  { skip },
  async (t) => {
    for (const runtime of ['node', 'bun']) {
      const dir = await makeGatewayFolder(t, { projects: [] });
      const env = { ...ENV, PORTCULLIS_RUNTIME: runtime };
      const gateway = startPortcullis(t, ['start', '--dir', dir], { env });
      await gateway.until('the gateway', () => gateway.stderr.includes('"ready"'));
      t.match(gateway.stderr, new RegExp(`"runtime":"${runtime} \\d+\\.\\d+\\.\\d+"`));
      t.equal((await gateway.leave()).status, 0, 'SIGTERM finds it, nobody stands in between');
    }
  },
);

t.test('Neither settings, variables nor code of the folder around are Bun’s.', { skip }, async (t) => {
  const folder = t.testdir({
    'bunfig.toml': 'preload = ["./evil.ts"]\n',
    'evil.ts': 'console.log("loaded first");\n',
    '.env': 'PORTCULLIS_NONSENSE=1\n',
  });
  const before = await readdir(folder);
  for (const args of [['--version'], ['check', '--dir', folder]]) {
    const inFolder = (env: Readonly<Record<string, string>>) =>
      run(process.execPath, [join(CLONE, BY_NODE), ...args], { env: { ...env, HOME: folder }, cwd: folder });
    t.strictSame(await inFolder(AS_BUN), await inFolder(ENV));
  }
  t.strictSame(await readdir(folder), before, 'nor is compiled code kept there');
});

t.test('Started by Bun it stays on Bun, by a link as well.', { skip }, async (t) => {
  const link = join(t.testdir({ portcullis: t.fixture('symlink', join(CLONE, BY_BUN)) }), 'portcullis');
  t.match(await run(link, ['--version'], { env: ENV }), { status: 0, stdout: `${version}\n`, stderr: '' });
  const refused = await run(link, ['--version'], { env: { ...ENV, PORTCULLIS_RUNTIME: 'node' } });
  t.match(refused, { status: 2, stdout: '', stderr: /this is Bun: use "node / });
  t.match(refused.stderr, ONE_LINE);
});

t.test('A key of a kind that Bun does not read is said to be one.', { skip }, async (t) => {
  const folder = t.testdir();
  const certificate = await selfSigned(folder, 'pss', {
    san: 'DNS:localhost',
    with: ['-newkey', 'rsa-pss', '-pkeyopt', 'rsa_keygen_bits:2048'],
  });
  const dir = await makeGatewayFolder(t, { projects: [], certificate });
  const onNode = await run(process.execPath, [join(CLONE, BY_NODE), 'check', '--dir', dir], { env: ENV });
  t.equal(onNode.status, 0);
  const onBun = await run(join(CLONE, BY_BUN), ['check', '--dir', dir], { env: ENV });
  t.match(onBun, { status: 2, stderr: /server\.key:1:1: [^\n]+ or of a kind that Bun does not read: / });
});

t.test('What cannot be had is said in one line.', async (t) => {
  const bin = join(t.testdir(), 'bin');
  await mkdir(bin);
  for (const name of [BY_NODE, BY_BUN]) await copyFile(join(CLONE, name), join(bin, '..', name));
  const command = (env: Readonly<Record<string, string>>) =>
    run(process.execPath, [join(bin, 'portcullis.cjs'), '--version'], { env: { ...ENV, ...env } });
  const missing = await command({ PORTCULLIS_RUNTIME: 'bun', PATH: '/usr/bin:/bin' });
  t.match(missing, { status: 2, stdout: '', stderr: /no Bun is installed: "npm ci"/ });
  const unknown = await command({ PORTCULLIS_RUNTIME: 'deno' });
  t.match(unknown, { status: 2, stdout: '', stderr: /PORTCULLIS_RUNTIME is node or bun/ });
  const sockets = await command({ PORTCULLIS_RUNTIME: 'bun', LISTEN_FDS: '1' });
  t.match(sockets, { status: 2, stdout: '', stderr: /start bin\/portcullis-bun instead/ });
  // One that calls itself old.
  const old = join(bin, 'old.cjs');
  await writeFile(old, "Object.defineProperty(process.versions, 'bun', { value: '1.3.14' });\n");
  const older = await run(process.execPath, ['--require', old, join(CLONE, BY_NODE), '--version'], {
    env: ENV,
  });
  t.match(older, { status: 2, stdout: '', stderr: /Bun 1\.4 or later is needed, this is 1\.3\.14/ });
  for (const { stderr } of [missing, unknown, sockets, older]) t.match(stderr, ONE_LINE);
});
