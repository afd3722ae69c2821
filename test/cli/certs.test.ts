import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import t from 'tap';
import { makeAuthority } from '../../src/certificates/authority.ts';
import { certsCommand } from '../../src/cli/certs.ts';
import { CliError } from '../../src/cli/error.ts';
import { issued, issuedPair } from '../support/issued.ts';
import { EC, openssl, selfSigned } from '../support/openssl.ts';

const FILES = ['ca.crt', 'ca.key', 'server.crt', 'server.key'];

/** Runs `portcullis certs …`; what it prints. */
async function certs(...args: readonly string[]): Promise<string> {
  let output = '';
  const command = certsCommand((text) => {
    output += text;
  });
  await command.parseAsync(args, { from: 'user' });
  return output;
}

/** What a run printed before it failed, and how it failed. */
async function failing(...args: readonly string[]): Promise<{ output: string; error: CliError }> {
  let output = '';
  const command = certsCommand((text) => {
    output += text;
  });
  const error = await command.parseAsync(args, { from: 'user' }).catch((error) => error);
  if (!(error instanceof CliError)) throw new Error(`no CliError: ${String(error)}`);
  return { output, error };
}

async function contents(dir: string): Promise<string[]> {
  return await Promise.all(FILES.map((file) => readFile(join(dir, file), 'utf8')));
}

t.test(
  'certs init makes an authority and a certificate for this machine, and says what is next.',
  async (t) => {
    const dir = join(t.testdir(), 'certs');
    const output = await certs('init', '--dir', dir);
    const shown = relative('', dir);
    for (const file of FILES) t.match(output, `made  ${shown}/${file}`);
    t.match(output, `cert: ${shown}/server.crt, key: ${shown}/server.key`);
    t.match(output, `sslmode=verify-full sslrootcert=${shown}/ca.crt`);
    const modes = await Promise.all(FILES.map(async (file) => (await stat(join(dir, file))).mode & 0o777));
    t.strictSame(modes, [0o644, 0o600, 0o644, 0o600]);
    for (const name of [
      ['-verify_hostname', 'localhost'],
      ['-verify_ip', '127.0.0.1'],
      ['-verify_ip', '::1'],
    ]) {
      const strict = ['verify', '-x509_strict', '-CAfile', `${dir}/ca.crt`, ...name, `${dir}/server.crt`];
      t.match(await openssl(...strict), /OK/);
    }
  },
);

t.test('certs init overwrites nothing unless told to, and keeps the authority where it can.', async (t) => {
  const dir = join(t.testdir(), 'certs');
  await certs('init', '--dir', dir, '--name', 'db.example', '--name', '*.db.example');
  const before = await contents(dir);

  const { error } = await failing('init', '--dir', dir);
  t.equal(error.exitCode, 1);
  t.match(error.message, /server\.crt is already there: --renew .*, --force /);
  t.strictSame(await contents(dir), before);

  t.match(
    await certs('init', '--dir', dir, '--renew', '--days', '10'),
    /kept .*ca\.crt.*\n.*\nmade .*server\.crt/,
  );
  const renewed = await contents(dir);
  t.strictSame([renewed[0], renewed[1], renewed[3]], [before[0], before[1], before[3]]);
  t.match(
    await certs('inspect', `${dir}/server.crt`),
    /covers +db\.example, \*\.db\.example\n/,
    'the names stay',
  );

  await rm(join(dir, 'server.crt'));
  t.match(await certs('init', '--dir', dir), /kept .*ca\.crt/);
  t.match(await certs('inspect', `${dir}/server.crt`), /covers +localhost, 127\.0\.0\.1, ::1\n/);

  await certs('init', '--dir', dir, '--force', '--name', 'db.example');
  const anew = await contents(dir);
  t.ok(anew.every((text, i) => text !== before[i]));
});

t.test('Names and days that cannot be are wrong usage, before anything is made.', async (t) => {
  const dir = join(t.testdir(), 'certs');
  const wrong = [
    ['--name', 'db:5432'],
    ['--days', '826'],
    ['--days', '0'],
    ['--days', '1e1'],
    ['--days', 'x'],
  ];
  for (const args of wrong) {
    const { error, output } = await failing('init', '--dir', dir, ...args);
    t.equal(error.exitCode, 2, args.join(' '));
    t.ok(error.message.startsWith(`${args[0]}: `));
    t.notMatch(error.message, /\n/);
    t.equal(output, '');
  }
  await t.rejects(stat(dir), { code: 'ENOENT' });
});

t.test('What stands in the way is told in one line.', async (t) => {
  const dir = t.testdir({ file: 'text', certs: {} });
  const blocked = await failing('init', '--dir', join(dir, 'file'));
  t.match(blocked.error, { exitCode: 1, message: /^[^\n]*file[^\n]*$/ });
  await writeFile(join(dir, 'certs', 'ca.crt'), 'hello');
  const broken = await failing('init', '--dir', join(dir, 'certs'));
  t.match(broken.error, { exitCode: 1, message: /ca\.crt: no certificate in PEM form/ });
});

t.test('certs inspect shows what a person wants to know of every certificate in a file.', async (t) => {
  const dir = t.testdir();
  const [a, b] = [
    await selfSigned(dir, 'a', { san: 'DNS:db.example,IP:::1' }),
    await selfSigned(dir, 'b', { with: ['-newkey', 'ed25519', '-addext', 'basicConstraints=CA:FALSE'] }),
  ];
  const chain = join(dir, 'chain.crt');
  await writeFile(chain, (await readFile(a.cert, 'utf8')) + (await readFile(b.cert, 'utf8')));
  const output = await certs('inspect', chain);
  t.match(output, `${chain}, certificate 1 of 2\n`);
  t.match(output, /covers +db\.example, ::1\n/);
  t.match(output, /issuer +itself \(self-signed\)\n/);
  t.match(output, /valid +\d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d \((29|30) days left\)\n/);
  t.match(output, /key +EC P-256\n/);
  t.match(output, /channel binding +works, with sha256\n/);
  t.match(output, `${chain}, certificate 2 of 2\n`);
  t.match(output, /channel binding +does not work: a certificate signed with ED25519 has no binding hash/);
});

t.test('certs inspect -o json is for programs.', async (t) => {
  const { cert } = await selfSigned(t.testdir(), 'a', { san: 'DNS:db.example,IP:::1' });
  const [object, ...more] = JSON.parse(await certs('inspect', '-o', 'json', cert));
  t.strictSame(more, []);
  const { not_before, not_after, days_left, ...rest } = object;
  t.strictSame(rest, {
    file: cert,
    place: 1,
    subject: 'CN=a',
    issuer: 'CN=a',
    dns_names: ['db.example'],
    ip_addresses: ['::1'],
    key_type: 'EC P-256',
    signature_algorithm: 'ecdsa-with-SHA256',
    self_signed: true,
    authority: true,
    channel_binding: { works: true, hash: 'sha256' },
  });
  t.equal(Date.parse(not_after) - Date.parse(not_before), 30 * 86_400_000);
  t.ok(days_left === 29 || days_left === 30);
});

t.test('certs inspect tells an ended certificate, one for later, and what covers nothing.', async (t) => {
  const dir = t.testdir();
  const period = (from: string, to: string) => ({ notBefore: new Date(from), notAfter: new Date(to) });
  const ended = await issuedPair(dir, 'ended', period('2024-01-01', '2024-06-01'));
  t.match(await certs('inspect', ended.cert), /valid +2024-01-01 to 2024-06-01 \(ENDED\)\n/);
  t.match(await certs('inspect', ended.cert), /issuer +CN=Test CA\n/);
  const later = await issuedPair(dir, 'later', period('2048-01-01', '2048-06-01'));
  t.match(await certs('inspect', later.cert), /\(not yet valid\)/);
  const authority = await selfSigned(dir, 'ca');
  t.match(await certs('inspect', authority.cert), /covers +no name: it signs other certificates\n/);
  const server = await selfSigned(dir, 'server', { with: [...EC, '-addext', 'basicConstraints=CA:FALSE'] });
  t.match(await certs('inspect', server.cert), /covers +no name: it has no subjectAltName\n/);
});

t.test('certs inspect shows what it can, and fails for what it cannot.', async (t) => {
  const dir = t.testdir();
  const { cert, key } = await selfSigned(dir, 'a', { san: 'DNS:db.example' });
  const { output, error } = await failing('inspect', key, cert, join(dir, 'none'), dir);
  t.match(output, /covers +db\.example/);
  t.equal(error.exitCode, 1);
  const reasons = [
    `${key}: no certificate in PEM form in it`,
    `${dir}/none: no such file`,
    `${dir}: a folder, not a file`,
  ];
  for (const reason of reasons) t.match(error.message, reason);
  t.notMatch(error.message, /\n/);
  const endless = await failing('inspect', '/dev/zero');
  t.match(endless.error.message, /^\/dev\/zero: larger than \d+ bytes: is it the right file\?$/);
});

t.test('certs inspect turns no line of a terminal, whoever made the certificate.', async (t) => {
  const cert = join(t.testdir(), 'odd.crt');
  const { privateKeyPem } = issued;
  const validity = { notBefore: new Date('2020-01-01'), notAfter: new Date('2049-01-01') };
  const serial = Buffer.alloc(16, 1);
  await writeFile(
    cert,
    makeAuthority({ commonName: 'a\u202eb\u009b2Jc', ...validity, serial, privateKeyPem }),
  );
  for (const format of ['table', 'json']) {
    const output = await certs('inspect', '-o', format, cert);
    t.notMatch(output, /(?!\n)[\p{Cc}\p{Cf}]/u, format);
    t.match(output, /CN=a/, format);
  }
});

t.test('A path outside the working folder is shown whole.', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'portcullis-'));
  t.teardown(() => rm(dir, { recursive: true }));
  await writeFile(join(dir, 'server.crt'), 'text');
  const { error } = await failing('init', '--dir', dir);
  t.match(error.message, `${dir}/server.crt is already there`);
});

t.test('What is not told elsewhere goes to standard output.', async (t) => {
  const { cert } = await selfSigned(t.testdir(), 'a', { san: 'DNS:db.example' });
  const written = t.capture(process.stdout, 'write', () => true);
  await certsCommand().parseAsync(['inspect', cert], { from: 'user' });
  const text = written().map(({ args }) => String(args[0]));
  t.match(text.join(''), /covers +db\.example\n/);
});
