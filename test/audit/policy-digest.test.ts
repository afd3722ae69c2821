import t from 'tap';
import { keptPolicy, policyOf } from '../../src/audit/policy.ts';
import { digestOf, EMPTY_DIGEST, parseDigest } from '../../src/audit/policy-digest.ts';
import type { Branch } from '../../src/catalog/model.ts';
import { Secret } from '../../src/catalog/secret.ts';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { formatVerifier } from '../../src/scram/verifier.ts';
import { aBranch, anUpstream, aProject } from '../catalog/a-catalog.ts';
import { aRole, aVerifier } from '../catalog/a-verifier.ts';
import {
  AUTH_QUERY,
  catalogChanges,
  changed,
  changesBetween,
  EMPTY,
  KEY,
  roleChanged,
  shop,
} from './a-policy.ts';

t.test('A state that did not change has no changes, whether it was kept as JSON or not.', async (t) => {
  const state = shop({ authQuery: AUTH_QUERY, allowedIps: ['10.0.0.0/8'] });
  const kept = parseDigest(JSON.stringify(digestOf(state, KEY)));
  t.ok(kept);
  t.strictSame(
    changesBetween(keptPolicy(kept ?? EMPTY_DIGEST), policyOf(new CatalogSnapshot(state), KEY)),
    [],
  );
  t.strictSame(catalogChanges(state, shop({ authQuery: AUTH_QUERY, allowedIps: ['10.0.0.0/8'] })), []);
});

t.test('What is no digest is none.', async (t) => {
  for (const text of ['', '{', '{}', '[]', '{"version":2,"projects":[]}', '{"version":1,"projects":[{}]}']) {
    t.equal(parseDigest(text), undefined, text);
  }
  t.strictSame(parseDigest(JSON.stringify(EMPTY_DIGEST)), EMPTY_DIGEST);
});

t.test('No secret is in a digest or a change, nor a fingerprint that two owners share.', async (t) => {
  const password = new Secret('hunter2-and-more');
  const roles = ['a', 'b'].map((name) =>
    aRole(name, { verifier: aVerifier('v'), upstream: { role: undefined, login: { password } } }),
  );
  const state = shop({ authQuery: AUTH_QUERY, roles });
  const digest = digestOf(state, KEY);
  const text = JSON.stringify([digest, changesBetween(EMPTY, keptPolicy(digest))]);
  for (const secret of ['hunter2', 'ask-me-quietly', formatVerifier(aVerifier('v')), 'SCRAM']) {
    t.notOk(text.includes(secret), secret);
  }
  const fingerprints = digest.projects[0]?.branches[0]?.roles.flatMap(({ secrets }) =>
    Object.values(secrets),
  );
  t.equal(new Set(fingerprints).size, 4);
  t.notSame(digestOf(state, Buffer.alloc(32, 8)), digest, 'the key counts');
});

t.test('All of a new catalog is told: projects, branches, lists, endpoints, roles.', async (t) => {
  const state = shop(
    { allowedIps: ['10.0.0.0/8'] },
    { allowedIps: { ips: [], protectedBranchesOnly: true } },
  );
  const changes = changesBetween(EMPTY, policyOf(new CatalogSnapshot(state), KEY));
  t.match(changes, [
    { entity: 'project', action: 'created', project: 'shop', loosens: true },
    { entity: 'allowlist', action: 'created', project: 'shop', after: [] },
    { entity: 'branch', action: 'created', branch: 'br-main-1', loosens: true },
    { entity: 'allowlist', action: 'created', branch: 'br-main-1', after: ['10.0.0.0/8'] },
    { entity: 'endpoint', action: 'created', name: 'ep-main-1', loosens: true },
    { entity: 'role', action: 'created', name: 'app', loosens: true },
  ]);
  t.equal(changes.length, 6);
  t.ok(changes.every(({ project }) => project === 'shop'));
});

t.test('What is gone is told, and loosens nothing.', async (t) => {
  t.match(catalogChanges(shop(), []), [{ entity: 'project', action: 'deleted', loosens: false }]);
  const two = [aProject('shop', [aBranch('br-a'), aBranch('br-b')])];
  t.match(catalogChanges(two, [aProject('shop', [aBranch('br-a')])]), [
    { entity: 'branch', action: 'deleted', branch: 'br-b', loosens: false },
  ]);
  t.match(changed({ roles: [], endpoints: [] }), [
    { entity: 'endpoint', action: 'deleted', name: 'ep-main-1', loosens: false },
    { entity: 'role', action: 'deleted', name: 'app', loosens: false },
  ]);
  t.match(changed({ roles: [] }, { authQuery: AUTH_QUERY }), [
    { entity: 'role', action: 'deleted', name: 'app', loosens: true },
  ]);
});

t.test('A password that was reset is told without either.', async (t) => {
  const [change, more] = roleChanged({ verifier: aVerifier('other') });
  t.strictSame(change, {
    entity: 'role',
    action: 'password-reset',
    project: 'shop',
    branch: 'br-main-1',
    name: 'app',
    loosens: true,
  });
  t.equal(more, undefined);
});

t.test("A role's settings are told together; what lets more in loosens.", async (t) => {
  t.match(roleChanged({ verifier: undefined }), [
    { action: 'changed', before: ['login=true'], after: ['login=false'], loosens: false },
  ]);
  t.match(roleChanged({ verifier: aVerifier('app') }, { verifier: undefined }), [{ loosens: true }]);
  t.match(roleChanged({ connectionLimit: 5 }), [
    { before: ['connection_limit=none'], after: ['connection_limit=5'], loosens: false },
  ]);
  t.match(roleChanged({ connectionLimit: 6 }, { connectionLimit: 5 }), [{ loosens: true }]);
  t.match(roleChanged({ connectionLimit: undefined }, { connectionLimit: 5 }), [{ loosens: true }]);
  t.match(roleChanged({ verifierUnrated: true }), [{ loosens: false }]);
  const login = { password: new Secret('one') };
  t.match(roleChanged({ upstream: { role: 'other', login } }), [
    { after: ['upstream.role=other', 'upstream.login=password'], loosens: true },
  ]);
  const from = { upstream: { role: undefined, login } };
  const other = { upstream: { role: undefined, login: { password: new Secret('two') } } };
  t.match(roleChanged(other, from), [{ after: ['upstream.login is another one'], loosens: true }]);
  const keys = {
    salt: Buffer.alloc(16),
    iterations: 4096,
    clientKey: Buffer.alloc(32),
    serverKey: Buffer.alloc(32),
  };
  t.match(roleChanged({ upstream: { role: undefined, login: { keys: new Secret(keys) } } }), [
    { after: ['upstream.login=keys'] },
  ]);
});

t.test('A branch changes its list: what came and went is told, and whether more get in.', async (t) => {
  t.match(changed({ allowedIps: ['10.0.0.0/9', '192.0.2.1'] }, { allowedIps: ['10.0.0.0/8'] }), [
    {
      entity: 'allowlist',
      action: 'changed',
      before: ['10.0.0.0/8'],
      after: ['10.0.0.0/9', '192.0.2.1'],
      added: ['10.0.0.0/9', '192.0.2.1'],
      removed: ['10.0.0.0/8'],
      loosens: true,
    },
  ]);
  t.match(changed({ allowedIps: ['10.0.0.0/9', '10.128.0.0/9'] }, { allowedIps: ['10.0.0.0/8'] }), [
    { loosens: false },
  ]);
  t.match(changed({ allowedIps: ['10.0.0.0/8'] }), [{ action: 'created', loosens: false }]);
  t.match(changed({ allowedIps: undefined }, { allowedIps: ['10.0.0.0/8'] }), [
    { action: 'deleted', loosens: true },
  ]);
});

t.test('Whatever a branch has, another value of it is told.', async (t) => {
  const upstream = anUpstream();
  const others: { readonly [Key in keyof Required<Omit<Branch, 'id'>>]: Branch[Key] } = {
    name: 'other',
    parentId: 'br-other',
    isDefault: true,
    isProtected: true,
    endpoints: ['ep-other'],
    allowedIps: ['::/0'],
    upstream: { ...upstream, port: 5433 },
    roles: [],
    authQuery: AUTH_QUERY,
    replication: true,
    sql: { passwordMinBits: undefined, prehashedPasswords: 'refuse', audit: 'all', auditParameters: true },
    scramIterations: 10_000,
    connectionLimit: 1,
    idleSessionTimeout: 1,
    maxSessionAge: 1,
    resetAt: 1,
    clientCertificate: 'required',
    clientCertificateRole: 'cn',
    provisioner: 'dump',
  };
  for (const [name, value] of Object.entries(others)) t.ok(changed({ [name]: value }).length > 0, name);
  const targets: { readonly [Key in keyof Required<typeof upstream>]: (typeof upstream)[Key] } = {
    host: 'other',
    port: 5433,
    sslmode: 'disable',
    sslrootcert: 'PEM',
    requireAuth: new Set(['md5']),
    channelBinding: 'disable',
    proxyProtocol: 'v2',
    database: new Map([['a', 'b']]),
  };
  for (const [name, value] of Object.entries(targets)) {
    t.equal(changed({ upstream: { ...upstream, [name]: value } }).length, 1, name);
  }
});

t.test('A password of auth_query that is another one is told, and loosens nothing.', async (t) => {
  const authQuery = { ...AUTH_QUERY, password: new Secret('another') };
  t.strictSame(changed({ authQuery }, { authQuery: AUTH_QUERY }), [
    {
      project: 'shop',
      branch: 'br-main-1',
      entity: 'policy',
      action: 'changed',
      loosens: false,
      name: 'auth_query.password',
    },
  ]);
});

t.test("A project's cluster is told without its password.", async (t) => {
  const cluster = {
    upstream: anUpstream(),
    role: 'portcullis',
    password: new Secret('cluster-secret'),
    database: 'postgres',
    provisioner: 'template',
    parentSessions: 'hold',
  } as const;
  const changes = catalogChanges(shop(), shop({}, { cluster }));
  t.ok(changes.some(({ name, after }) => name === 'cluster.role' && after === 'portcullis'));
  t.ok(changes.some(({ name }) => name === 'cluster.password'));
  t.notMatch(JSON.stringify(changes), 'cluster-secret');
  t.match(catalogChanges(shop({}, { cluster }), shop({}, { cluster: { ...cluster, provisioner: 'dump' } })), [
    { entity: 'policy', name: 'cluster.provisioner', before: 'template', after: 'dump' },
  ]);
});
