import { readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { serverAccount } from '../../src/dev/account.ts';
import { configuration, writeServerFiles } from '../../src/dev/server-files.ts';
import { passableFolder } from '../support/postgres.ts';

t.test('a setting is quoted, and one of the caller wins over the default.', async (t) => {
  const lines = configuration('/d/data', {
    socketDir: '/d/run',
    settings: { max_connections: '7', search_path: `"a'b\\c"` },
  });
  t.equal(lines[0], "include '/d/data/postgresql.conf'");
  t.equal(lines.filter((line) => line.startsWith('max_connections')).join(), "max_connections = '7'");
  t.ok(lines.includes(`search_path = '"a''b\\\\c"'`));
  t.ok(lines.includes("unix_socket_permissions = '0700'"));
  t.notOk(lines.some((line) => line.startsWith('ssl')));
});

t.test('a line break could begin a setting of its own, so it is refused.', async (t) => {
  const settings = { application_name: "x\nhba_file = '/tmp/mine'" };
  t.throws(() => configuration('/d/data', { socketDir: '/d/run', settings }), { name: 'DevError' });
  t.throws(() => configuration('/d\n/data', { socketDir: '/d/run' }), { name: 'DevError' });
});

t.test('without TCP nothing listens but the socket, where everyone proves who he is.', async (t) => {
  const folder = await passableFolder(t);
  const account = await serverAccount();
  const dataDir = join(folder, 'data');
  const { args, config } = await writeServerFiles(dataDir, account, { socketDir: '/d/a "b",c' });
  t.strictSame(args, ['-p', '5432', '-k', '"/d/a ""b"",c"', '-c', 'listen_addresses=']);
  t.equal(config, join(folder, 'server.conf'));
  t.equal(
    await readFile(join(folder, 'hba.conf'), 'utf8'),
    'local all postgres peer map=portcullis\nlocal all all scram-sha-256\n',
  );
  const map = await readFile(join(folder, 'ident.conf'), 'utf8');
  for (const name of [account.name, userInfo().username]) t.match(map, `portcullis "${name}" postgres\n`);
});

t.test('the key of TLS is for the server alone.', async (t) => {
  const folder = await passableFolder(t);
  const account = await serverAccount();
  const listen = { host: '127.0.0.1', port: 6000, tls: { cert: 'CERT\n', key: 'KEY\n' } };
  const { args, config } = await writeServerFiles(join(folder, 'data'), account, { socketDir: '/s', listen });
  t.strictSame(args, ['-p', '6000', '-k', '"/s"', '-c', 'listen_addresses=127.0.0.1']);
  const key = await stat(join(folder, 'server.key'));
  t.equal(key.mode & 0o777, 0o600);
  t.equal(key.uid, account.uid);
  t.equal(await readFile(join(folder, 'server.crt'), 'utf8'), 'CERT\n');
  t.match(await readFile(config, 'utf8'), `ssl = 'on'\nssl_cert_file = '${join(folder, 'server.crt')}'`);
});
