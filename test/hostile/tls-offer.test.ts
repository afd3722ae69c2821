import { connect as connectTcp } from 'node:net';
import { connect as connectTls, getCiphers, type SecureVersion } from 'node:tls';
import t, { type Test } from 'tap';
import { run } from '../support/child.ts';
import { sslRequest } from '../support/frontend-messages.ts';
import { startGateway } from '../support/gateway.ts';
import { EC, type SelfSignedWish, selfSigned } from '../support/openssl.ts';
import { ON_BUN } from '../support/portcullis.ts';

/**
 * What the gate offers to whoever scans it behind SSLRequest, found out as a scanner does: by asking for everything,
 * and again without what was chosen. testssl.sh and sslscan say the same; docs/threats.md tells how they are run.
 */

/** Certificates by the kind of key, since suites of TLS 1.2 belong to one. */
const KINDS = { ECDSA: EC, RSA: ['-newkey', 'rsa:2048'] } as const satisfies Record<
  string,
  SelfSignedWish['with']
>;

const VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/** In our order: AES-128 first, which is quick and strong enough. */
const TLS_1_3 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];
const TLS_1_2 = (kind: string): string[] =>
  ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305'].map((suite) => `ECDHE-${kind}-${suite}`);

interface Gate {
  readonly port: number;
}

async function gate(t: Test, kind: keyof typeof KINDS, minVersion: string): Promise<Gate> {
  const certificate = await selfSigned(t.testdir(), 'server', { san: 'DNS:localhost', with: KINDS[kind] });
  const certificates = [{ cert: 'certs/server.crt', key: 'certs/server.key' }];
  const branch = {
    id: 'br-main',
    name: 'main',
    default: true,
    upstream: { host: '127.0.0.1', port: 1, sslmode: 'disable' },
  };
  return await startGateway(t, {
    certificate,
    projects: [{ id: 'shop', branches: [branch] }],
    config: { tls: { min_version: minVersion, certificates } },
  });
}

/** The suite that the gate picks of these, in this version; undefined where it takes none. */
async function picked(port: number, version: SecureVersion, ciphers: string): Promise<string | undefined> {
  const socket = connectTcp(port, '127.0.0.1');
  socket.write(sslRequest);
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  socket.once('data', () => {
    const secured = connectTls({
      socket,
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
      ciphers,
    });
    secured.once('secureConnect', () => resolve(secured.getCipher().name));
    secured.on('error', () => resolve(undefined));
    secured.on('close', () => resolve(undefined));
  });
  socket.on('error', () => resolve(undefined));
  const name = await promise;
  socket.destroy();
  return name;
}

/** Every suite that the gate takes in a version, in the order in which it prefers them. */
async function suitesOf({ port }: Gate, version: SecureVersion): Promise<string[]> {
  // Not in the gate's order, and not with ChaCha20 at the head, which it would follow.
  const [first = '', ...others] = TLS_1_3;
  let left = version === 'TLSv1.3' ? [...others, first] : everySuite();
  const found: string[] = [];
  for (;;) {
    if (left.length === 0) return found;
    // OpenSSL's own level would keep us from asking for the weak ones; TLS 1.3 has none.
    const ciphers = version === 'TLSv1.3' ? left : [...left, '@SECLEVEL=0'];
    const name = await picked(port, version, ciphers.join(':'));
    if (name === undefined) return found;
    found.push(name);
    left = left.filter((each) => each !== name);
  }
}

/** All that this OpenSSL knows below TLS 1.3, weak ones included; the strongest last. */
function everySuite(): string[] {
  return getCiphers()
    .map((name) => name.toUpperCase())
    .filter((name) => !name.startsWith('TLS_'));
}

/** On Bun the client's order counts among the suites of TLS 1.3 (docs/runtimes.md), where ours is the alphabet's. */
function ourOrder(suites: readonly string[], version: number): readonly string[] {
  return ON_BUN && VERSIONS[version] === 'TLSv1.3' ? suites.toSorted() : suites;
}

for (const kind of ['ECDSA', 'RSA'] as const) {
  t.test(`Of all versions and suites, few are spoken with an ${kind} certificate.`, async (t) => {
    const open = await gate(t, kind, '1.2');
    const offered = await Promise.all(VERSIONS.map((version) => suitesOf(open, version)));
    t.strictSame(offered.map(ourOrder), [[], [], TLS_1_2(kind), TLS_1_3]);
  });
}

t.test('min_version "1.3" leaves TLS 1.3 alone.', async (t) => {
  const strict = await gate(t, 'ECDSA', '1.3');
  const offered = await Promise.all(VERSIONS.map((version) => suitesOf(strict, version)));
  t.strictSame(offered.map(ourOrder), [[], [], [], TLS_1_3]);
});

t.test('OpenSSL’s own client finds no compression, no ticket, and secure renegotiation alone.', async (t) => {
  const { port } = await gate(t, 'ECDSA', '1.2');
  const ask = async (...options: string[]): Promise<string> => {
    const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-starttls', 'postgres', ...options];
    const { stdout, stderr } = await run('openssl', args);
    return stdout + stderr;
  };
  const old = await ask('-tls1_2');
  t.match(old, /Cipher is ECDHE-ECDSA-AES128-GCM-SHA256/);
  t.match(old, /Secure Renegotiation IS supported/);
  t.match(old, /Compression: NONE/);
  t.match(old, /Server Temp Key: (?:X25519|ECDH)/);
  t.notMatch(old, /session ticket/i);
  const first = ON_BUN ? 'TLS_AES_256_GCM_SHA384' : 'TLS_AES_128_GCM_SHA256';
  t.match(await ask('-tls1_3'), `New, TLSv1.3, Cipher is ${first}`);
  t.match(await ask('-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'), /New, \(NONE\)/);
});
