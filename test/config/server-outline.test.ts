import fc from 'fast-check';
import t from 'tap';
import { outlineServer } from '../../src/config/server-outline.ts';
import { catalogProblems, KEY_LINE, serverProblems, surroundings } from './a-config.ts';

const GOOD = `tls:
  certificates: [{ cert: a.crt, key: a.key }]
catalog: { file: catalog.yaml, key: { file: catalog.key } }
`;

const outline = (text: string) => outlineServer(text, surroundings());

t.test('What is sound is made out, whatever stands beside it.', async (t) => {
  const expected = {
    catalog: { file: '/srv/catalog.yaml', base: '/srv', keys: undefined, keyFile: '/srv/catalog.key' },
    tls: { certificates: [{ cert: '/srv/a.crt', key: '/srv/a.key' }], clients: undefined },
    public: undefined,
  };
  for (const wrong of [
    '',
    'lsiten: []\n',
    'drain: 5\n',
    'public: { domain: [] }\n',
    `drain: "\${MISSING}"\n`,
    'limits: {}\nlimits: {}\n',
  ]) {
    t.match(outline(GOOD + wrong), expected, wrong);
  }
});

t.test('What is not is left out: a pair without its key, a catalog whose key cannot be read.', async (t) => {
  const two = GOOD.replace('[{', '[{ cert: b.crt }, { cert: c.crt, key: c.key, more: 1 }, {');
  t.strictSame(outline(two).tls.certificates, [{ cert: '/srv/a.crt', key: '/srv/a.key' }]);
  t.strictSame(outline(GOOD.replace('certificates: [', 'certificates: 5 #')).tls.certificates, []);
  t.equal(outline(GOOD.replace('{ file: catalog.key }', '[]')).catalog, undefined);
  t.equal(outline(GOOD.replace('{ file: catalog.key }', 'nonsense')).catalog, undefined);
  t.match(outline(GOOD.replace('{ file: catalog.key }', JSON.stringify(KEY_LINE))).catalog, {
    keys: { current: { id: 'k1' } },
    keyFile: undefined,
  });
  t.match(outline(GOOD.replace(', key: { file: catalog.key }', '')).catalog, { keys: undefined });
  t.match(outline(`${GOOD}extra: 1\n`.replace('tls:\n', 'tls:\n  client_ca: ca.crt\n  client_crl: crl\n')), {
    catalog: { clientCa: true },
    tls: { clients: { ca: '/srv/ca.crt', crl: '/srv/crl' } },
  });
  for (const text of ['', '[', 'a: b: c', 'null', '5', 'x'.repeat(2_000_000)])
    t.match(outline(text), { catalog: undefined, tls: { certificates: [] } });
});

t.test('Texts from anywhere are outlined without a throw.', async (t) => {
  const piece = fc.constantFrom(
    ...GOOD.split(/(?=[\s{}[\]:,])|(?<=[\s{}[\]:,])/),
    '*a',
    '&a',
    '"',
    '- ',
    '5',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => outline(pieces.join('')).tls !== undefined),
    { numRuns: 500 },
  );
  t.pass('any pieces');
});

t.test('A variable that is missing hides no other problem, and has one line.', async (t) => {
  const text = `${GOOD}drain: "\${MISSING}"\nlsiten: []\nlog: { level: loud }\n`;
  const [variable, key, level, ...more] = serverProblems(text);
  t.match(variable, /^f\.yaml:4:\d+: .*MISSING/);
  t.match(key, /^f\.yaml:5:1: unknown key "lsiten", did you mean "listen"\?$/);
  t.match(level, /^f\.yaml:6:\d+: log\.level must be one of/);
  t.strictSame(more, []);
});

t.test('Nor does a key that stands twice in a catalog; aliases without end are one problem.', async (t) => {
  const branch = (id: string): string => `    - id: ${id}\n      name: ${id}\n      upstream: { host: db }\n`;
  const text = `projects:\n  - id: p\n    name: a\n    name: b\n    branches:\n${branch('br-a')}${branch('main')}`;
  const [twice, noDefault, id, ...more] = catalogProblems(text);
  t.match(twice, /^f\.yaml:4:5: key "name" stands here twice/);
  t.match(noDefault, /^f\.yaml:5:\d+: .*default/);
  t.match(id, /^f\.yaml:9:\d+: projects\[0\]\.branches\[1\]\.id must be br-/);
  t.strictSame(more, []);
  const list = (name: string, of: string): string => `${name}: &${name} [${`${of}, `.repeat(60)}5]\n`;
  const laughs = [list('a', '5'), list('b', '*a'), list('c', '*b'), list('d', '*c')].join('');
  t.match(catalogProblems(laughs), [/aliases repeat more than/]);
});
