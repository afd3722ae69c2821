import { randomBytes } from 'node:crypto';
import t from 'tap';
import { parseAddress } from '../../src/allowlist/address.ts';
import type { Branch } from '../../src/catalog/model.ts';
import { Secret } from '../../src/catalog/secret.ts';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import type { Verifier } from '../../src/scram/verifier.ts';
import type { ClientCertificate } from '../../src/session/client-certificate.ts';
import { objection, type Standing } from '../../src/session/standing.ts';
import { aBranch, anUpstream, aProject } from '../catalog/a-catalog.ts';

function aVerifier(): Verifier {
  return { iterations: 4096, salt: randomBytes(16), storedKey: randomBytes(32), serverKey: randomBytes(32) };
}

const PLAIN = { role: undefined, login: undefined };
const verifier = aVerifier();
const app = { name: 'app', verifier, verifierUnrated: false, connectionLimit: undefined, upstream: PLAIN };
const authQuery = {
  role: 'p',
  password: new Secret('x'),
  database: 'postgres',
  query: undefined,
  superusers: false,
  replicationRoles: false,
};

function catalogOf(branch: Partial<Branch>, id = 'br-1'): CatalogSnapshot {
  return new CatalogSnapshot([aProject('p', [aBranch(id, { roles: [app], ...branch })])]);
}

const LIKE_ANY = {
  endpoint: undefined,
  resetAt: undefined,
  certificate: undefined,
  upstreamRole: 'app',
  replication: false,
  database: { asked: 'shop', opened: 'shop' },
};

function standing(changes: Partial<Standing> = {}): Standing {
  const address = parseAddress('192.0.2.1');
  if (address === undefined) throw new Error('no address');
  return { projectId: 'p', branchId: 'br-1', address, role: 'app', verifier, ...LIKE_ANY, ...changes };
}

t.test('A session stays while the catalog admits it, whatever else changed.', async (t) => {
  t.equal(objection(catalogOf({}), standing()), undefined);
  t.equal(objection(catalogOf({ name: 'renamed', allowedIps: ['192.0.2.0/24'] }), standing()), undefined);
  t.equal(objection(catalogOf({ roles: [{ ...app, verifier: { ...verifier } }] }), standing()), undefined);
  const more = [app, { ...app, name: 'other', verifier: aVerifier() }];
  t.equal(objection(catalogOf({ roles: more }), standing()), undefined);
});

t.test('A session goes with its branch, its address or its role, and is told which.', async (t) => {
  const cases: [Partial<Branch>, string, string][] = [
    [{ allowedIps: ['192.0.2.2'] }, 'address', 'this IP address is no longer allowed'],
    [{ roles: [] }, 'role', 'role was changed'],
    [{ roles: [{ ...app, verifier: undefined }] }, 'role', 'role was changed'],
    [{ roles: [{ ...app, verifier: aVerifier() }] }, 'role', 'role was changed'],
    [{ roles: [{ ...app, verifier: { ...verifier, salt: randomBytes(16) } }] }, 'role', 'role was changed'],
    [{ roles: [{ ...app, upstream: { ...PLAIN, role: 'app_ro' } }] }, 'role', 'role was changed'],
  ];
  for (const [branch, reason, text] of cases) {
    const why = objection(catalogOf(branch), standing());
    t.match(why, { reason, fields: { sqlstate: '57P01', message: `terminating connection: ${text}` } });
  }
  const gone = objection(catalogOf({}, 'br-2'), standing());
  t.match(gone, { reason: 'branch', fields: { message: 'terminating connection: branch was removed' } });
});

t.test('A role whose verifier the upstream holds stays until the catalog says otherwise.', async (t) => {
  const theirs = standing({ verifier: undefined });
  t.equal(objection(catalogOf({ roles: [], authQuery }), theirs), undefined);
  t.match(objection(catalogOf({ roles: [] }), theirs), { reason: 'role' });
  t.match(objection(catalogOf({ roles: [app], authQuery }), theirs), { reason: 'role' });
});

t.test('A WAL stream goes when the branch allows none any more.', async (t) => {
  for (const database of [undefined, LIKE_ANY.database]) {
    const stream = standing({ replication: true, database });
    t.equal(objection(catalogOf({ replication: true }), stream), undefined);
    t.match(objection(catalogOf({}), stream), {
      reason: 'replication',
      fields: {
        sqlstate: '57P01',
        message: 'terminating connection: replication is no longer allowed on this branch',
      },
    });
  }
});

t.test('A session goes when its database is no longer one of its branch, or leads elsewhere.', async (t) => {
  const mappedTo = (...pairs: [string, string][]): Partial<Branch> => ({
    upstream: anUpstream({ database: new Map(pairs) }),
  });
  const session = standing({ database: { asked: 'shop', opened: 'shop_dev' } });
  t.equal(objection(catalogOf(mappedTo(['shop', 'shop_dev'], ['more', 'more_dev'])), session), undefined);
  const gone = {
    reason: 'database',
    fields: {
      sqlstate: '57P01',
      message: 'terminating connection: the database is no longer one of this branch',
    },
  };
  for (const changed of [mappedTo(['more', 'more_dev']), mappedTo(['shop', 'shop_2']), {}]) {
    t.match(objection(catalogOf(changed), session), gone);
  }
  const neighbour = aBranch('br-2', mappedTo(['x', 'shop']));
  const taken = new CatalogSnapshot([aProject('p', [aBranch('br-1', { roles: [app] }), neighbour])]);
  t.match(objection(taken, standing()), gone);
});

t.test('A session goes when its branch was reset after it came.', async (t) => {
  const [before, after] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 2)];
  const gone = {
    reason: 'reset',
    fields: { sqlstate: '57P01', message: 'terminating connection: branch was reset' },
  };
  t.match(objection(catalogOf({ resetAt: after }), standing()), gone);
  t.match(objection(catalogOf({ resetAt: after }), standing({ resetAt: before })), gone);
  t.equal(objection(catalogOf({ resetAt: after }), standing({ resetAt: after })), undefined);
  t.equal(
    objection(catalogOf({}), standing({ resetAt: before })),
    undefined,
    'the mark was taken away by hand',
  );
});

t.test('A session goes with the endpoint it came by, or when that leads elsewhere.', async (t) => {
  const by = standing({ endpoint: 'ep-a' });
  t.equal(objection(catalogOf({ endpoints: ['ep-a', 'ep-b'] }), by), undefined);
  const gone = {
    reason: 'endpoint',
    fields: { sqlstate: '57P01', message: 'terminating connection: endpoint was removed' },
  };
  t.match(objection(catalogOf({ endpoints: ['ep-b'] }), by), gone);
  const own = aBranch('br-1', { roles: [app] });
  const moved = new CatalogSnapshot([aProject('p', [own, aBranch('br-2', { endpoints: ['ep-a'] })])]);
  t.match(objection(moved, by), gone);
  t.equal(objection(catalogOf({}), standing()), undefined, 'who named none has none to lose');
});

t.test(
  'A session goes when its branch would not take its certificate any more, or wants one now.',
  async (t) => {
    let problem: ClientCertificate['problem'];
    const certificate: ClientCertificate = {
      commonName: 'app',
      sans: { dns: [], email: [], uri: [] },
      fingerprint: 'ab12',
      get problem() {
        return problem;
      },
    };
    const gone = (reason: string) => ({
      reason: 'certificate',
      message: `terminating connection: the client certificate is no longer accepted (${reason})`,
      fields: { message: 'terminating connection: the client certificate is no longer accepted' },
    });
    const [bare, shown] = [standing(), standing({ certificate })];
    const required = { clientCertificate: 'required' } as const;
    t.match(objection(catalogOf(required), bare), gone('certificate-missing'));
    t.equal(objection(catalogOf({ ...required, clientCertificateRole: 'cn' }), shown), undefined);
    t.match(objection(catalogOf({ clientCertificateRole: 'san' }), shown), gone('certificate-role'));
    problem = { fault: 'revoked', verdict: 'CERT_REVOKED' };
    t.match(objection(catalogOf(required), shown), gone('certificate-revoked'));
    t.match(
      objection(catalogOf({}), shown),
      gone('certificate-revoked'),
      'optional: one that is shown must be good',
    );
    t.equal(objection(catalogOf({ clientCertificate: 'off' }), shown), undefined, 'nobody looks at it there');
  },
);
