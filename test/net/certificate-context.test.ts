import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecureVersion } from 'node:tls';
import t, { type Test } from 'tap';
import { knownGroups, serverContext, type TlsVersion } from '../../src/net/certificate-context.ts';
import { EC, type SelfSignedWish, selfSigned } from '../support/openssl.ts';
import { handshake, tlsServer } from '../support/tls-server.ts';

async function serve(t: Test, minVersion: TlsVersion, wish: SelfSignedWish = {}): Promise<number> {
  const { cert, key } = await selfSigned(t.testdir(), 'server', wish);
  const context = serverContext(await readFile(cert, 'utf8'), await readFile(key, 'utf8'), minVersion);
  return await tlsServer(t, () => context);
}

/** What `openssl s_client` says of one connection with these options. */
function sClient(port: number, ...options: readonly string[]): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const args = ['s_client', '-connect', `127.0.0.1:${port}`, ...options];
  const child = execFile('openssl', args, (_, stdout, stderr) => resolve(stdout + stderr));
  // It has read the server's word, and any session handed out before that, when it shows it.
  child.stdout?.on('data', (chunk: string) => {
    if (chunk.includes('hello')) child.stdin?.end();
  });
  child.stdin?.on('error', () => child.kill());
  return promise;
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`A ${version} session is not resumed.`, async (t) => {
    const port = await serve(t, 'TLSv1.2');
    const only = { minVersion: version, maxVersion: version };
    const first = await handshake(port, only);
    t.equal(first.protocol, version);
    t.ok(first.session, 'there is something to try with');
    const second = await handshake(port, { ...only, session: first.session });
    t.equal(second.resumed, false);
  });

  t.test(`OpenSSL's client does not resume a ${version} session either.`, async (t) => {
    const port = await serve(t, 'TLSv1.2');
    const file = join(t.testdirName, 'session.pem');
    const flag = version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3';
    t.match(await sClient(port, flag, '-sess_out', file), /\nNew, /);
    t.match(await readFile(file, 'utf8'), /BEGIN SSL SESSION/);
    const again = await sClient(port, flag, '-sess_in', file);
    t.match(again, /\nNew, /);
    t.notMatch(again, /\nReused, /);
  });
}

t.test('In TLS 1.2 no ticket is handed out.', async (t) => {
  const output = await sClient(await serve(t, 'TLSv1.2'), '-tls1_2');
  t.match(output, /Cipher is ECDHE/);
  t.notMatch(output, /session ticket/);
});

t.test('TLS 1.1 is refused, and TLS 1.2 where 1.3 is asked for.', async (t) => {
  const port = await serve(t, 'TLSv1.2');
  const old = await sClient(port, '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0');
  t.match(old, /\nNew, \(NONE\)/);
  const strict = await serve(t, 'TLSv1.3');
  await t.rejects(handshake(strict, { maxVersion: 'TLSv1.2' }));
  t.equal((await handshake(strict)).protocol, 'TLSv1.3');
});

t.test('Only authenticated encryption with forward secrecy is spoken.', async (t) => {
  const rsa = await serve(t, 'TLSv1.2', { with: ['-newkey', 'rsa:2048'] });
  const maxVersion: SecureVersion = 'TLSv1.2';
  const weak = [
    'AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-SHA',
    'ECDHE-RSA-AES256-SHA384',
    'DHE-RSA-AES128-GCM-SHA256',
  ];
  for (const ciphers of weak) await t.rejects(handshake(rsa, { maxVersion, ciphers }), ciphers);
  for (const ciphers of [
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ]) {
    t.equal((await handshake(rsa, { maxVersion, ciphers })).cipher, ciphers);
  }
});

t.test('Our order of suites counts, but a client that puts ChaCha20 first gets it.', async (t) => {
  const port = await serve(t, 'TLSv1.2', { with: EC });
  const [aes256, aes128, chacha] = ['AES256-GCM-SHA384', 'AES128-GCM-SHA256', 'CHACHA20-POLY1305'].map(
    (suite) => `ECDHE-ECDSA-${suite}`,
  );
  const maxVersion: SecureVersion = 'TLSv1.2';
  t.equal((await handshake(port, { maxVersion, ciphers: `${aes256}:${aes128}:${chacha}` })).cipher, aes128);
  t.equal((await handshake(port, { maxVersion, ciphers: `${chacha}:${aes256}:${aes128}` })).cipher, chacha);
});

t.test('Modern curves are spoken, and P-521 is not.', async (t) => {
  const port = await serve(t, 'TLSv1.2');
  for (const ecdhCurve of ['X25519', 'P-256', 'P-384', 'X25519MLKEM768']) {
    t.equal((await handshake(port, { ecdhCurve })).protocol, 'TLSv1.3', ecdhCurve);
  }
  await t.rejects(handshake(port, { ecdhCurve: 'P-521' }));
});

t.test('A group that this build does not know is left out.', async (t) => {
  t.strictSame(knownGroups(['X25519', 'nonsense', 'P-256']), ['X25519', 'P-256']);
});

t.test('A client cannot renegotiate.', async (t) => {
  const port = await serve(t, 'TLSv1.2');
  const { promise, resolve } = Promise.withResolvers<string>();
  const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_2'];
  const child = execFile('openssl', args, (_, stdout, stderr) => resolve(stdout + stderr));
  child.stdout?.on('data', (chunk: string) => {
    if (chunk.includes('hello')) child.stdin?.write('R\n');
  });
  child.stderr?.on('data', (chunk: string) => {
    if (chunk.includes('no renegotiation')) child.kill();
  });
  t.match(await promise, /no renegotiation/);
});

t.test('The certificate is shown with the rest of its file.', async (t) => {
  const { cert, key } = await selfSigned(t.testdir(), 'server');
  const other = await selfSigned(t.testdirName, 'issuer');
  const [pem, issuer, privateKey] = await Promise.all(
    [cert, other.cert, key].map((path) => readFile(path, 'utf8')),
  );
  const context = serverContext(`${pem}${issuer}`, String(privateKey), 'TLSv1.2');
  const output = await sClient(await tlsServer(t, () => context), '-showcerts');
  t.equal(output.split('BEGIN CERTIFICATE').length - 1, 2);
});
