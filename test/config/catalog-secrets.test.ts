import { randomBytes } from 'node:crypto';
import t from 'tap';
import { Secret } from '../../src/catalog/secret.ts';
import { parseCatalog } from '../../src/config/catalog-config.ts';
import { CatalogSecrets } from '../../src/config/catalog-secrets.ts';
import { parseKeyRing } from '../../src/config/key-ring.ts';
import { formatLogin, parseLogin } from '../../src/config/login-text.ts';
import { seal, unseal } from '../../src/config/sealed.ts';
import { sealedPlaces } from '../../src/config/sealed-places.ts';
import {
  authQuerySecret,
  clusterSecret,
  roleSecret,
  type SecretOwner,
} from '../../src/config/secret-owner.ts';
import { YamlDocument } from '../../src/config/yaml-document.ts';
import { formatSaltedKeys } from '../../src/scram/salted-keys.ts';
import { KEY_LINE, surroundings } from './a-config.ts';

const parsed = parseKeyRing(KEY_LINE);
if ('problem' in parsed) throw new Error(parsed.problem);
const { ring } = parsed;
const keys = {
  salt: Buffer.alloc(16, 1),
  iterations: 4096,
  clientKey: Buffer.alloc(32, 2),
  serverKey: Buffer.alloc(32, 3),
};

function sealed(secret: string, owner: SecretOwner): string {
  return JSON.stringify(seal(ring, { secret, owner }, randomBytes));
}

/** A catalog with a secret in each place that may have one. */
function catalog({
  cluster = sealed('of the cluster', clusterSecret('shop')),
  query = sealed('of the query', authQuerySecret('shop', 'br-a')),
  app = sealed(formatSaltedKeys(keys), roleSecret('shop', 'br-a', 'app')),
  job = sealed('of the job', roleSecret('shop', 'br-a', 'job')),
  id = 'br-a',
} = {}): string {
  return `projects:
  - id: shop
    name: "sealed:v1:only a name"
    cluster: { host: db, role: maker, password: ${cluster} }
    branches:
      - id: ${id}
        name: main
        default: true
        upstream: { host: db }
        auth_query: { role: gate, password: ${query} }
        roles:
          - { name: app, no_login: true, upstream: { password: ${app} } }
          - { name: job, no_login: true, upstream: { password: ${job} } }
`;
}

function read(text: string) {
  return parseCatalog(text, { ...surroundings(), unseal: (sealed, owner) => unseal(ring, sealed, owner) });
}

function problems(text: string): string[] {
  const outcome = read(text);
  const found = 'problems' in outcome ? outcome.problems : [];
  return found
    .filter(({ severity }) => severity === 'error')
    .map(({ line, column, message }) => `${line}:${column}: ${message}`);
}

t.test('Each secret opens for its owner: passwords, and the keys of a role.', async (t) => {
  const outcome = read(catalog());
  if ('problems' in outcome) throw new Error(outcome.problems.map(({ message }) => message).join('\n'));
  const [project] = outcome.projects;
  t.equal(project?.cluster?.password?.reveal(), 'of the cluster');
  const [branch] = project?.branches ?? [];
  t.equal(branch?.authQuery?.password?.reveal(), 'of the query');
  const [app, job] = branch?.roles.map(({ upstream }) => upstream.login) ?? [];
  t.strictSame(app && 'keys' in app && app.keys.reveal(), keys);
  t.equal(job && 'password' in job && job.password.reveal(), 'of the job');
  t.notMatch(JSON.stringify(outcome.projects), /of the|AgICAg|"data"/, 'and prints nothing');
});

const ELSEWHERE =
  'does not open with key k1: sealed for another record, or it or the key was changed: set it again';

t.test('None opens in another’s place, and each is told at its own.', async (t) => {
  const job = roleSecret('shop', 'br-a', 'job');
  const wrong = sealed('of the job', job);
  t.strictSame(problems(catalog({ cluster: wrong, query: wrong, app: wrong, job: wrong })), [
    `4:49: ${ELSEWHERE}`,
    `10:45: ${ELSEWHERE}`,
    `12:64: ${ELSEWHERE}`,
  ]);
  t.match(problems(catalog({ id: 'br-b' })), [/^10:45: /, /^12:64: /, /^13:64: /], 'nor under another id');
});

t.test('What does not open is told together with what else is wrong.', async (t) => {
  const text = catalog({ job: '"sealed:v1:damaged"' }).replace('name: main', 'nmae: main');
  t.match(problems(text), [
    /^6:9: key "name" is missing/,
    /^7:9: unknown key "nmae"/,
    /^13:64: the sealed text is damaged/,
  ]);
});

t.test('Only places that may hold a secret count, and broken parts are passed over.', async (t) => {
  t.strictSame(sealedPlaces(undefined), []);
  t.strictSame(
    sealedPlaces({
      projects: [
        7,
        { branches: 'x' },
        { id: 'p', cluster: 'sealed:', branches: [7, { roles: [{ upstream: 7 }] }] },
      ],
    }),
    [],
  );
  const roles = [
    { upstream: { password: 'sealed:a' } },
    { name: 'b', upstream: { password: 'sealed:b' } },
    { name: 'c', upstream: { password: 'plain' } },
  ];
  t.strictSame(sealedPlaces({ projects: [{ id: 'p', name: 'sealed:x', branches: [{ id: 'br', roles }] }] }), [
    {
      path: ['projects', 0, 'branches', 0, 'roles', 1, 'upstream', 'password'],
      owner: 'role p/br/b',
      text: 'sealed:b',
    },
  ]);
});

t.test(
  'A cluster is reached as a branch’s upstream is, with a role and a database of its own.',
  async (t) => {
    const withCluster = (more: string) =>
      catalog().replace(/cluster: .*/, `cluster: { host: db, role: maker${more} }`);
    const outcome = read(withCluster(''));
    t.match('projects' in outcome && outcome.projects[0]?.cluster, {
      upstream: {
        host: 'db',
        port: 5432,
        sslmode: 'verify-full',
        channelBinding: 'prefer',
        database: undefined,
      },
      role: 'maker',
      password: undefined,
      database: 'postgres',
      provisioner: 'external',
    });
    t.match(problems(withCluster(', provisioner: rsync')), [
      /cluster\.provisioner must be one of external, template, dump/,
    ]);
    t.match(problems(withCluster(', sslmode: disable, channel_binding: require')), [
      /require needs TLS to the upstream/,
    ]);
  },
);

t.test('A secret that was not opened is not made up.', async (t) => {
  const read = YamlDocument.read('projects: []', { file: 'f.yaml', maxBytes: 100 });
  if ('problems' in read) throw new Error('no YAML');
  const secrets = new CatalogSecrets(read.document, () => ({ text: 'x' }));
  t.throws(() => secrets.secret('sealed', clusterSecret('shop')), TypeError);
  t.equal(secrets.secret(new Secret('at hand'), clusterSecret('shop')).reveal(), 'at hand');
});

t.test('A login has one text, and a password in the form of keys none.', async (t) => {
  for (const text of ['horse', 'scram-sha-256$', formatSaltedKeys(keys)])
    t.equal(formatLogin(parseLogin(text)), text);
  t.throws(() => formatLogin({ password: new Secret(formatSaltedKeys(keys)) }), RangeError);
});
