import { X509Certificate } from 'node:crypto';
import t from 'tap';
import { faultOf } from '../../src/certificates/client-fault.ts';
import { ClientAuthority } from '../support/client-authority.ts';

const dir = t.testdir();
const [ours, foreign, namesake] = await Promise.all([
  ClientAuthority.make(dir, 'ours'),
  ClientAuthority.make(dir, 'foreign'),
  ClientAuthority.make(dir, 'namesake', '/CN=ours'),
]);
const authorities = [new X509Certificate(ours.cert)];

async function issuedBy(authority: ClientAuthority): Promise<X509Certificate> {
  return new X509Certificate((await authority.issue('client')).cert);
}

t.test('The library’s verdict on a certificate of ours becomes a word.', async (t) => {
  const certificate = await issuedBy(ours);
  const words = [
    ['CERT_HAS_EXPIRED', 'expired'],
    ['CERT_NOT_YET_VALID', 'not-yet-valid'],
    ['CERT_REVOKED', 'revoked'],
    ['CRL_HAS_EXPIRED', 'crl-expired'],
    ['UNABLE_TO_GET_CRL', 'invalid'],
    ['INVALID_PURPOSE', 'invalid'],
  ] as const;
  for (const [verdict, word] of words) t.equal(faultOf(verdict, certificate, authorities), word);
});

t.test('Of a stranger it is told that he is one, whatever the verdict.', async (t) => {
  const strangers = [await issuedBy(foreign), await issuedBy(namesake)];
  for (const verdict of ['UNABLE_TO_GET_CRL', 'CERT_HAS_EXPIRED', 'CERT_REVOKED']) {
    for (const stranger of strangers) t.equal(faultOf(verdict, stranger, authorities), 'unknown-ca');
    t.equal(faultOf(verdict, new X509Certificate(foreign.cert), authorities), 'self-signed');
  }
});

/** A certificate with what its client sent along; node makes them in a handshake only. */
function sentWith(certificate: X509Certificate, issuerCertificate: unknown): X509Certificate {
  const sent = {
    issuerCertificate,
    checkIssued: (issuer: X509Certificate) => certificate.checkIssued(issuer),
    verify: certificate.verify.bind(certificate),
  };
  return sent as unknown as X509Certificate;
}

t.test(
  'The way up to an authority leads over the certificates sent along, and not without end.',
  async (t) => {
    const between = await ours.below('between');
    const leaf = await issuedBy(between);
    t.equal(faultOf('CERT_REVOKED', leaf, authorities), 'unknown-ca');
    const sent = sentWith(leaf, new X509Certificate(between.cert));
    t.equal(faultOf('CERT_REVOKED', sent, authorities), 'revoked');
    const circle = sentWith(leaf, undefined);
    Object.assign(circle, { issuerCertificate: circle });
    t.equal(faultOf('CERT_REVOKED', circle, authorities), 'unknown-ca');
  },
);

t.test('A key that the library does not understand vouches for nobody.', async (t) => {
  const leaf = await issuedBy(ours);
  const broken = {
    checkIssued: () => true,
    verify: () => {
      throw new Error('unsupported');
    },
  };
  t.equal(faultOf('CERT_REVOKED', broken as unknown as X509Certificate, authorities), 'unknown-ca');
  t.equal(faultOf('CERT_REVOKED', leaf, authorities), 'revoked');
});
