import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { Trust } from '../../src/certificates/client-trust.ts';
import { parseRevocationLists, type RevocationList } from '../../src/certificates/revocation-list.ts';
import { ClientAuthority, type Issued } from '../support/client-authority.ts';

const dir = t.testdir();
const [root, other] = await Promise.all([
  ClientAuthority.make(dir, 'root'),
  ClientAuthority.make(dir, 'other'),
]);
const middle = await root.below('middle');
const [plain, deep] = [await root.issue('plain'), await middle.issue('deep')];

function certificateOf({ cert }: { readonly cert: string }): X509Certificate {
  return new X509Certificate(cert);
}

function trustIn(authorities: readonly ClientAuthority[], lists: readonly RevocationList[] = []): Trust {
  return new Trust(authorities.map(certificateOf), lists);
}

async function listOf(authority: ClientAuthority, name: string): Promise<RevocationList[]> {
  return parseRevocationLists(await readFile(await authority.list(name), 'utf8'));
}

/** As a handshake yields it whose client has sent its authority along. */
function sentWith(leaf: Issued, issuer: ClientAuthority): X509Certificate {
  return Object.defineProperty(certificateOf(leaf), 'issuerCertificate', { value: certificateOf(issuer) });
}

t.test('A certificate goes with its authority, and with none of the others.', async (t) => {
  const grounds = trustIn([root, other]).groundsOf(certificateOf(plain));
  t.equal(trustIn([root, other]).fault(grounds), undefined);
  t.equal(trustIn([root]).fault(grounds), undefined);
  t.equal(trustIn([other]).fault(grounds), 'unknown-ca');
  t.equal(
    trustIn([]).fault(trustIn([]).groundsOf(certificateOf(plain))),
    'unknown-ca',
    'nobody vouched for it',
  );
});

t.test('An authority between it and the root counts where it was ours.', async (t) => {
  const held = trustIn([root, middle]).groundsOf(certificateOf(deep));
  t.equal(held.authorities.length, 2);
  t.equal(trustIn([middle, root]).fault(held), undefined);
  t.equal(trustIn([root]).fault(held), 'unknown-ca');
  t.equal(trustIn([middle]).fault(held), 'unknown-ca', 'the root went');
  const sent = trustIn([root]).groundsOf(sentWith(deep, middle));
  t.equal(sent.authorities.length, 1);
  t.equal(trustIn([root]).fault(sent), undefined);
  t.equal(trustIn([other]).fault(sent), 'unknown-ca');
});

t.test('An authority that renews its own certificate with its key stays the same.', async (t) => {
  const grounds = trustIn([root]).groundsOf(certificateOf(plain));
  t.equal(trustIn([await root.renewed()]).fault(grounds), undefined);
});

t.test('What a list revokes goes, wherever in the chain it stands.', async (t) => {
  const grounds = trustIn([root]).groundsOf(sentWith(deep, middle));
  const sibling = trustIn([root]).groundsOf(certificateOf(plain));
  t.equal(trustIn([root], await listOf(root, 'nothing')).fault(grounds), undefined);
  await middle.revoke(deep);
  const lists = await listOf(middle, 'deep');
  t.equal(trustIn([root], lists).fault(grounds), 'revoked');
  t.equal(trustIn([root], lists).fault(sibling), undefined);
  await root.revoke(middle);
  t.equal(trustIn([root], await listOf(root, 'middle')).fault(grounds), 'revoked');
});

t.test('An authority whose key cannot be read vouches for nobody, and harms nobody.', async (t) => {
  const { raw, publicKey } = certificateOf(other);
  const key = publicKey.export({ type: 'spki', format: 'der' });
  const offItsCurve = Buffer.from(raw);
  const last = raw.indexOf(key) + key.length - 1;
  offItsCurve.writeUInt8(raw.readUInt8(last) ^ 1, last);
  const broken = new X509Certificate(offItsCurve);
  t.throws(() => broken.publicKey);
  const grounds = trustIn([root]).groundsOf(certificateOf(plain));
  t.equal(new Trust([broken, certificateOf(root)], []).fault(grounds), undefined);
  t.equal(new Trust([broken], []).fault(grounds), 'unknown-ca');
});
