import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseAddress } from '../../src/allowlist/address.ts';
import { Secret } from '../../src/catalog/secret.ts';
import type { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { formatKeyLine, KEY_BYTES } from '../../src/config/key-ring.ts';
import { roleSecret } from '../../src/config/secret-owner.ts';
import { CatalogFileDesk } from '../../src/store/catalog-desk.ts';
import { type CatalogOutcome, loadCatalog, readCatalog } from '../../src/store/catalog-file.ts';
import { packCatalog, packSnapshot, unpackCatalog, unpackSnapshot } from '../../src/store/catalog-parcel.ts';
import { verifierOf } from '../support/gateway.ts';
import { aCatalogFile, catalogText } from './a-catalog-file.ts';

const verifier = await verifierOf('secret');

const TEXT = `projects:
- id: shop
  name: "Shop: portcullis:secret"
  settings: { allowed_ips: { ips: [203.0.113.0/24, 2001:db8::/32], protected_branches_only: true } }
  branches:
  - { id: br-main, name: main, default: true, protected: true, endpoints: [{ id: ep-main }],
      upstream: { host: db, sslmode: disable, database: { app: app_dev } },
      auth_query: { role: p, password: { file: pw } },
      roles: [{ name: app, verifier: "${verifier}" }] }
  - { id: br-own, name: own, parent_id: br-main, allowed_ips: { ips: [10.0.0.1-10.0.0.9] }, upstream: { host: db } }
  - { id: br-open, name: open, parent_id: br-main, upstream: { host: db } }
- id: other
  branches: [{ id: br-other, name: other, default: true, upstream: { host: elsewhere } }]
`;

function snapshotOf(outcome: CatalogOutcome): CatalogSnapshot {
  if ('problems' in outcome) throw new Error(outcome.problems.map(({ message }) => message).join('; '));
  return outcome.snapshot;
}

/** Which of some addresses each branch admits. */
function admitted(snapshot: CatalogSnapshot): string[] {
  const addresses = ['203.0.113.7', '2001:db8::1', '10.0.0.9', '192.0.2.1'].flatMap((text) => {
    const address = parseAddress(text);
    return address === undefined ? [] : [{ text, address }];
  });
  return snapshot.projects.flatMap((project) =>
    project.branches.flatMap((branch) =>
      addresses
        .filter(({ address }) => snapshot.allowlistOf(project, branch)?.admits(address) ?? true)
        .map(({ text }) => `${branch.id} ${text}`),
    ),
  );
}

t.test('A catalog comes out of its parcel as it went in, secrets, lists and all.', async (t) => {
  const location = aCatalogFile(t, { text: TEXT, files: { pw: 'hush' } });
  const { parcel, transfer } = packCatalog(readCatalog(location, {}));
  const arrived = unpackCatalog(structuredClone(parcel, { transfer }));
  const here = loadCatalog(location, {});
  const [got, wanted] = [snapshotOf(arrived.outcome), snapshotOf(here.outcome)];
  t.strictSame(got.projects, wanted.projects);
  t.strictSame(admitted(got), admitted(wanted));
  t.ok(admitted(got).includes('br-main 2001:db8::1'));
  t.notOk(admitted(got).includes('br-main 192.0.2.1'));
  t.match(got.projects[0]?.branches[0]?.roles[0]?.verifier?.salt, Buffer);
  t.equal(got.projects[0]?.branches[0]?.authQuery?.password?.reveal(), 'hush');
  t.strictSame(arrived.files, [location.file, join(location.base, 'pw')]);
  t.equal(arrived.digest, here.digest);
});

t.test('Sealed SCRAM keys come out as they went in.', async (t) => {
  const key = formatKeyLine('k', randomBytes(KEY_BYTES));
  const location = aCatalogFile(t, { key });
  const keys = {
    salt: randomBytes(16),
    iterations: 4096,
    clientKey: randomBytes(32),
    serverKey: randomBytes(32),
  };
  const sealed = await new CatalogFileDesk(location, { env: {} }).seal(
    { keys: new Secret(keys) },
    roleSecret('p', 'br-main', 'app'),
  );
  writeFileSync(location.file, catalogText({ password: sealed }));
  const { parcel } = packCatalog(readCatalog(location, {}));
  const [project] = snapshotOf(unpackCatalog(structuredClone(parcel)).outcome).projects;
  const login = project?.branches[0]?.roles[0]?.upstream.login;
  t.strictSame(login !== undefined && 'keys' in login && login.keys.reveal(), keys);
});

t.test('What is wrong with a catalog comes out, too.', async (t) => {
  const location = aCatalogFile(t, { text: 'projects: 5' });
  const { parcel, transfer } = packCatalog(readCatalog(location, {}));
  t.strictSame(transfer, []);
  const { outcome } = unpackCatalog(structuredClone(parcel));
  t.match(outcome, { problems: [{ line: 1, message: 'projects must be a list' }] });
});

t.test('A snapshot for another process decides as it does here, without the lists’ entries.', async (t) => {
  const here = snapshotOf(loadCatalog(aCatalogFile(t, { text: TEXT, files: { pw: 'hush' } }), {}).outcome);
  const bytes = packSnapshot(here);
  const there = unpackSnapshot(new Uint8Array(bytes));
  t.strictSame(admitted(there), admitted(here));
  t.ok(admitted(there).includes('br-own 10.0.0.9'));
  t.notOk(bytes.includes('10.0.0.9'), 'nobody has to read them');
  t.strictSame(
    admitted(unpackSnapshot(packSnapshot(here))),
    admitted(here),
    'the snapshot’s own lists are still there',
  );
  const [branch, same] = [there.projects[0]?.branches[0], here.projects[0]?.branches[0]];
  t.strictSame(branch?.roles, same?.roles);
  t.strictSame(branch?.upstream, same?.upstream);
  t.equal(branch?.authQuery?.password?.reveal(), 'hush');
  t.match(there.findEndpoint('EP-main')?.branch.id, 'br-main');
});
