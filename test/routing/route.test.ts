import fc from 'fast-check';
import t from 'tap';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { findRoute } from '../../src/routing/route.ts';
import { anyText } from '../allowlist/any-text.ts';
import { aBranch, aProject } from '../catalog/a-catalog.ts';

const main = aBranch('br-main', { endpoints: ['ep-main'], isDefault: true });
const dev = aBranch('br-dev', { endpoints: ['ep-dev'] });
const shop = aProject('shop', [main, dev]);
const catalog = new CatalogSnapshot([shop]);
const withoutDefault = new CatalogSnapshot([shop, aProject('bank', [])]);

function route(servername: string | undefined, options?: string, snapshot = catalog) {
  return findRoute(snapshot, { servername, options });
}

const toDev = { kind: 'route', project: shop, branch: dev, endpoint: 'ep-dev' };

t.test('SNI names the endpoint.', async (t) => {
  t.strictSame(route('ep-dev.db.example.com'), { ...toDev, options: undefined });
  t.strictSame(route('EP-DEV.db.example.com.', '-c geqo=off'), { ...toDev, options: '-c geqo=off' });
});

t.test('Options name the endpoint, and it is taken out of them.', async (t) => {
  t.strictSame(route(undefined, 'endpoint=ep-dev'), { ...toDev, options: undefined });
  t.strictSame(route('db.example.com', '-c geqo=off endpoint=EP-DEV'), { ...toDev, options: '-c geqo=off' });
  t.strictSame(route('203.0.113.7', 'endpoint=ep-dev'), { ...toDev, options: undefined });
});

t.test('SNI and options may say the same, in any case.', async (t) => {
  t.strictSame(route('Ep-Dev.example', 'endpoint=eP-dEV endpoint=ep-dev -c jit=off'), {
    ...toDev,
    options: '-c jit=off',
  });
});

t.test('Two endpoints at once are refused, known or not.', async (t) => {
  for (const [servername, options] of [
    ['ep-main.example', 'endpoint=ep-dev'],
    ['ep-main.example', 'endpoint=ep-nowhere'],
    ['ep-nowhere.example', 'endpoint=ep-dev'],
    ['ep-nowhere.example', 'endpoint=ep-main'],
    ['ep-main.example', 'endpoint=ep-main endpoint=ep-dev'],
    ['ep-main.example', 'endpoint='],
    [undefined, 'endpoint=ep-main endpoint=ep-dev'],
    [undefined, 'endpoint=ep-main endpoint='],
    ['ep-main.example', 'endpoint=ep-ma\u0131n'],
    ['ep-task.example', 'endpoint=ep-tas\u212A'],
  ] as const) {
    t.strictSame(route(servername, options), { kind: 'disagree' }, `${servername} ${options}`);
  }
});

t.test('Naming none leads to the default branch of the only project.', async (t) => {
  const expected = { kind: 'route', project: shop, branch: main, endpoint: undefined };
  t.strictSame(route(undefined), { ...expected, options: undefined });
  t.strictSame(route('db.example.com', '-c geqo=off'), { ...expected, options: '-c geqo=off' });
  t.strictSame(route('ep-dev\0.example'), { ...expected, options: undefined });
});

t.test('Naming none where there is no such branch is unspecified.', async (t) => {
  t.strictSame(route(undefined, undefined, withoutDefault), { kind: 'unspecified' });
  t.strictSame(route('db.example.com', '-c geqo=off', withoutDefault), { kind: 'unspecified' });
  t.strictSame(route('ep-dev.example', undefined, withoutDefault), { ...toDev, options: undefined });
});

t.test('An empty endpoint does not lead to the default branch.', async (t) => {
  t.strictSame(route(undefined, 'endpoint='), { kind: 'unspecified' });
  t.strictSame(route('db.example.com', 'endpoint= -c geqo=off'), { kind: 'unspecified' });
});

t.test('An unknown endpoint does not lead to the default branch either.', async (t) => {
  t.strictSame(route('ep-nowhere.example', '-c a=b'), {
    kind: 'unknown-endpoint',
    endpoint: 'ep-nowhere',
    options: '-c a=b',
  });
  for (const id of [
    '__proto__',
    'ep-dev.example.com',
    'ep-dev\\ ',
    'ep-de\u0000v',
    'br-dev',
    'dev',
    'x'.repeat(9_000),
  ]) {
    t.equal(route(undefined, `endpoint=${id}`).kind, 'unknown-endpoint', id.slice(0, 20));
  }
});

t.test('No client reaches a branch whose endpoint it did not name, the default aside.', async (t) => {
  const name = fc.constantFrom('ep-main', 'ep-dev', 'EP-DEV', 'ep-nowhere', 'db', '');
  const word = fc.constantFrom(
    'endpoint=ep-main',
    'endpoint=ep-dev',
    'endpoint=',
    '-c',
    'a\\ b',
    'endpoint=ep-x',
  );
  const servername = fc.option(
    name.map((label) => `${label}.example`),
    { nil: undefined },
  );
  const options = fc.option(
    fc.array(word, { maxLength: 4 }).map((words) => words.join(' ')),
    { nil: undefined },
  );
  const property = fc.property(servername, options, (sni, text) => {
    const found = route(sni, text);
    if (found.kind !== 'route') return true;
    const said = `${sni ?? ''} ${text ?? ''}`.toLowerCase();
    if (found.endpoint === undefined)
      return found.branch === main && !said.includes('ep-') && !said.includes('endpoint');
    const others = ['ep-main', 'ep-dev', 'ep-nowhere', 'ep-x'].filter((id) => id !== found.endpoint);
    return found.branch.endpoints.includes(found.endpoint) && others.every((id) => !said.includes(id));
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2000 }));
});

t.test('Whatever is sent, there is an answer.', async (t) => {
  const text = fc.option(anyText, { nil: undefined });
  const property = fc.property(text, text, (servername, options) => {
    return ['route', 'unknown-endpoint', 'unspecified', 'disagree'].includes(route(servername, options).kind);
  });
  t.doesNotThrow(() => fc.assert(property));
});
