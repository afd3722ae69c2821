import t from 'tap';
import { parseBranchUpstream } from '../../src/config/branch-upstream.ts';

const SURROUNDINGS = {
  file: '--upstream',
  base: '/',
  env: {},
  readFile: () => ({ problem: 'no such file' }),
};

t.test('An upstream is read from a URL without a role.', async (t) => {
  t.match(parseBranchUpstream('postgres://db.internal:5433/app?sslmode=require', SURROUNDINGS), {
    target: { host: 'db.internal', port: 5433, sslmode: 'require', database: new Map([['app', 'app']]) },
    rootCertFile: undefined,
  });
  for (const url of ['postgres://db', 'postgresql://db/', 'postgres://[::1]:5432']) {
    const given = parseBranchUpstream(url, SURROUNDINGS);
    t.equal('target' in given ? given.target.database : given, undefined, url);
  }
  const asParameters = parseBranchUpstream('postgres:///app?host=db.internal&port=5433', SURROUNDINGS);
  t.match(asParameters, { target: { host: 'db.internal', port: 5433, database: new Map([['app', 'app']]) } });
  const local = parseBranchUpstream('postgres:///app?host=/run/postgresql', SURROUNDINGS);
  t.match(local, {
    target: { host: '/run/postgresql', sslmode: 'disable', database: new Map([['app', 'app']]) },
  });
});

t.test('A role, a password and nonsense are refused and not quoted.', async (t) => {
  for (const [url, problem] of [
    ['postgres://app:horse@db', /names a role or a password/],
    ['postgres://horse@db', /names a role or a password/],
    ['postgres://db?user=app&password=horse@', /names a role or a password/],
    ['horse', /is not a URL/],
    ['http://horse', /is not a URL/],
    ['postgres://db/%zz', /a % that encodes nothing/],
    ['postgres://db?horse=1', /horse/],
    ['postgres://db?sslrootcert=/horse', /no such file/],
  ] as const) {
    const given = parseBranchUpstream(url, SURROUNDINGS);
    t.match(given, { problems: [problem] }, url);
    t.notMatch(url.includes('@') ? JSON.stringify(given) : '', /horse/);
  }
});
