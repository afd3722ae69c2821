import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { endPointBinding } from '../../src/scram/channel-binding.ts';

interface Case {
  readonly key: keyof typeof KEYS;
  readonly options: readonly string[];
  /** openssl's name of the hash to expect; `undefined`: no binding. */
  readonly hash: string | undefined;
}

const KEYS = {
  rsa: ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  'rsa-pss': ['RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048'],
  p256: ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  p384: ['EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  ed25519: ['ED25519'],
  ed448: ['ED448'],
} as const;

const PSS = ['-sigopt', 'rsa_padding_mode:pss'];
const CASES: readonly Case[] = [
  { key: 'rsa', options: ['-md5'], hash: 'sha256' },
  { key: 'rsa', options: ['-sha1'], hash: 'sha256' },
  { key: 'rsa', options: ['-sha224'], hash: 'sha224' },
  { key: 'rsa', options: ['-sha256'], hash: 'sha256' },
  { key: 'rsa', options: ['-sha384'], hash: 'sha384' },
  { key: 'rsa', options: ['-sha512'], hash: 'sha512' },
  { key: 'rsa', options: ['-sha3-256'], hash: undefined },
  { key: 'rsa', options: ['-sha1', ...PSS], hash: 'sha256' },
  { key: 'rsa', options: ['-sha224', ...PSS], hash: 'sha224' },
  { key: 'rsa', options: ['-sha256', ...PSS], hash: 'sha256' },
  { key: 'rsa', options: ['-sha384', ...PSS], hash: 'sha384' },
  { key: 'rsa', options: ['-sha512', ...PSS], hash: 'sha512' },
  { key: 'rsa', options: ['-sha384', ...PSS, '-sigopt', 'rsa_mgf1_md:sha256'], hash: 'sha384' },
  { key: 'rsa', options: ['-sha1', ...PSS, '-sigopt', 'rsa_pss_saltlen:32'], hash: 'sha256' },
  { key: 'rsa-pss', options: ['-sha512'], hash: 'sha512' },
  { key: 'p256', options: ['-sha1'], hash: 'sha256' },
  { key: 'p256', options: ['-sha224'], hash: 'sha224' },
  { key: 'p256', options: ['-sha256'], hash: 'sha256' },
  { key: 'p256', options: ['-sha384'], hash: 'sha384' },
  { key: 'p384', options: ['-sha256'], hash: 'sha256' },
  { key: 'p384', options: ['-sha384'], hash: 'sha384' },
  { key: 'p384', options: ['-sha512'], hash: 'sha512' },
  { key: 'ed25519', options: [], hash: undefined },
  { key: 'ed448', options: [], hash: undefined },
];

t.test('The binding is the hash that openssl computes over the certificate.', async (t) => {
  const folder = t.testdir();
  for (const [name, algorithm] of Object.entries(KEYS)) {
    openssl('genpkey', '-algorithm', ...algorithm, '-out', join(folder, `${name}.key`));
  }
  for (const [index, { key, options, hash }] of CASES.entries()) {
    const file = join(folder, `${index}.der`);
    const subject = ['-subj', '/CN=localhost', '-outform', 'der', '-out', file];
    openssl('req', '-x509', '-new', '-key', join(folder, `${key}.key`), ...options, ...subject);
    const expected = hash && openssl('dgst', `-${hash}`, '-binary', file).toString('hex');
    const title = `${key} ${options.join(' ')} gives ${hash ?? 'no binding'}`;
    t.equal(endPointBinding(readFileSync(file))?.toString('hex'), expected, title);
  }
});

t.test('What is not exactly one certificate has no binding.', async (t) => {
  const certificate = certificateFor(t.testdir());
  t.not(endPointBinding(certificate), undefined);
  t.equal(endPointBinding(Buffer.concat([certificate, Buffer.alloc(1)])), undefined, 'a byte after it');
  t.equal(endPointBinding(certificate.subarray(0, -1)), undefined, 'cut short');
  t.equal(endPointBinding(Buffer.from(new X509Certificate(certificate).toString())), undefined, 'PEM');
  t.equal(endPointBinding(Buffer.alloc(0)), undefined, 'nothing');
});

t.test('RSA-PSS parameters are read as RFC 4055 defines them.', async (t) => {
  const certificate = (parameters: Buffer): Buffer =>
    sequence(Buffer.concat([sequence(Buffer.alloc(0)), sequence(Buffer.concat([PSS_OID, parameters]))]));
  const sha256 = sequence(Buffer.from('0609608648016503040201', 'hex'));
  const md5 = sequence(Buffer.from('06082a864886f70d0205', 'hex'));
  const binds = (parameters: Buffer): boolean => endPointBinding(certificate(parameters)) !== undefined;
  t.ok(binds(sequence(explicit(0, sha256))), 'a hash');
  t.ok(binds(sequence(Buffer.alloc(0))), 'every default');
  t.ok(binds(sequence(explicit(2, Buffer.from([2, 1, 32])))), 'the default hash and another field');
  t.notOk(binds(Buffer.alloc(0)), 'no parameters at all');
  t.notOk(binds(Buffer.from([5, 0])), 'NULL');
  t.notOk(binds(sequence(Buffer.from([0xa0]))), 'a field cut short');
  t.notOk(binds(sequence(explicit(0, md5))), 'a hash that is not listed');
  t.notOk(binds(sequence(explicit(0, Buffer.from([5, 0])))), 'no hash where one should be');
});

t.test('A certificate of other shape has no binding.', async (t) => {
  const algorithm = sequence(PSS_OID);
  t.equal(endPointBinding(sequence(Buffer.alloc(0))), undefined, 'an empty one');
  t.equal(
    endPointBinding(sequence(Buffer.concat([Buffer.from([5, 0]), algorithm]))),
    undefined,
    'NULL to sign',
  );
  t.equal(endPointBinding(sequence(sequence(Buffer.alloc(0)))), undefined, 'no algorithm');
  t.equal(endPointBinding(Buffer.from([0x31, 0])), undefined, 'a SET');
});

t.test('Mangled certificates never throw.', async (t) => {
  const certificate = certificateFor(t.testdir());
  fc.assert(
    fc.property(fc.nat({ max: certificate.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
      const mangled = Buffer.from(certificate);
      mangled.writeUInt8(byte, at);
      const binding = endPointBinding(mangled);
      return binding === undefined || binding.length >= 28;
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      endPointBinding(Buffer.from(bytes));
    }),
  );
  t.equal(endPointBinding(Buffer.from([0x30, 0x82])), undefined);
});

const PSS_OID = Buffer.from('06092a864886f70d01010a', 'hex');

function sequence(contents: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x30, contents.length]), contents]);
}

function explicit(number: number, contents: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0xa0 + number, contents.length]), contents]);
}

function certificateFor(folder: string): Buffer {
  const key = join(folder, 'p256.key');
  openssl('genpkey', '-algorithm', ...KEYS.p256, '-out', key);
  return openssl('req', '-x509', '-new', '-key', key, '-subj', '/CN=localhost', '-outform', 'der');
}

function openssl(...options: readonly string[]): Buffer {
  return execFileSync('openssl', options, { stdio: ['ignore', 'pipe', 'pipe'] });
}
