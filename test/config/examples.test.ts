import { readFileSync } from 'node:fs';
import t from 'tap';
import {
  CA_PEM,
  catalogProblems,
  catalogProjects,
  KEY_LINE,
  serverConfig,
  serverProblems,
} from './a-config.ts';

const example = (name: string): string =>
  readFileSync(new URL(`../../config/${name}.example.yaml`, import.meta.url), 'utf8');

const files = {
  '/srv/config/catalog.key': KEY_LINE,
  '/srv/certs/db-ca.crt': CA_PEM,
  '/srv/config/app_dev_1.password': 'secret\n',
};

t.test('The example of portcullis.yaml loads without a warning, and shows the defaults.', async (t) => {
  const text = example('portcullis');
  t.strictSame(serverProblems(text, { files }), []);
  const { limits, drain, admin, log } = serverConfig(text, { files });
  const least = serverConfig('tls: { certificates: [{ cert: a, key: b }] }\ncatalog: { file: c }');
  t.strictSame(
    { limits, drain, admin, log },
    { limits: least.limits, drain: least.drain, admin: least.admin, log: least.log },
  );
});

t.test('The example of catalog.yaml loads without a warning.', async (t) => {
  const text = example('catalog');
  t.strictSame(catalogProblems(text, { files }), []);
  t.equal(catalogProjects(text, { files })[0]?.branches.length, 2);
});

t.test('Every commented line of the examples is a setting that loads, too.', async (t) => {
  const uncommented = example('portcullis')
    .replace(/^( *)# ([a-z_]+:|-) /gm, '$1$2 ')
    .replace(/^- address/gm, '  - address');
  t.match(uncommented, /^ {2}min_version/m);
  t.match(uncommented, /^log:/m);
  t.strictSame(serverProblems(uncommented, { files, env: { LOG_LEVEL: 'debug' } }), []);
});
