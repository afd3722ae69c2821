import fc from 'fast-check';
import t from 'tap';
import { parseAddress } from '../../src/allowlist/address.ts';
import type { Branch, Project } from '../../src/catalog/model.ts';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { aBranch, anUpstream, aProject } from './a-catalog.ts';

function admits(catalog: CatalogSnapshot, project: Project, branch: Branch, text: string): boolean {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${text} is not an address`);
  return catalog.allowlistOf(project, branch)?.admits(address) ?? true;
}

t.test('An endpoint is found by its name in any case.', async (t) => {
  const branch = aBranch('br-1', { endpoints: ['ep-one', 'EP-Two'] });
  const project = aProject('shop', [branch]);
  const catalog = new CatalogSnapshot([project]);
  t.strictSame(catalog.findEndpoint('EP-ONE'), { project, branch, endpoint: 'ep-one' });
  t.strictSame(catalog.findEndpoint('ep-two'), { project, branch, endpoint: 'ep-two' });
  t.equal(catalog.findEndpoint('ep-three'), undefined);
  t.equal(catalog.findEndpoint(''), undefined);
});

t.test('Names of JavaScript objects are no endpoints, databases or branches.', async (t) => {
  const project = aProject('shop', [aBranch('br-1')]);
  const catalog = new CatalogSnapshot([project]);
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    t.equal(catalog.findEndpoint(name), undefined, name);
    t.equal(catalog.findBranch('shop', name), undefined, name);
    t.notOk(catalog.ownersOf(anUpstream()).has(name), name);
  }
});

t.test('A branch is found by its ids until it is removed.', async (t) => {
  const project = aProject('shop', [aBranch('br-1')]);
  t.equal(new CatalogSnapshot([project]).findBranch('shop', 'br-1')?.project, project);
  t.equal(new CatalogSnapshot([project]).findBranch('bank', 'br-1'), undefined);
  t.equal(new CatalogSnapshot([]).findBranch('shop', 'br-1'), undefined);
});

t.test('There is a default branch where there is one project that has one.', async (t) => {
  const main = aBranch('br-main', { isDefault: true });
  const shop = aProject('shop', [aBranch('br-dev'), main]);
  t.strictSame(new CatalogSnapshot([shop]).defaultBranch, { project: shop, branch: main });
  t.equal(new CatalogSnapshot([]).defaultBranch, undefined, 'no project');
  t.equal(new CatalogSnapshot([shop, aProject('bank', [])]).defaultBranch, undefined, 'two projects');
  t.equal(
    new CatalogSnapshot([aProject('shop', [aBranch('br-dev')])]).defaultBranch,
    undefined,
    'none is default',
  );
  const two = aProject('shop', [main, aBranch('br-2', { isDefault: true })]);
  t.equal(new CatalogSnapshot([two]).defaultBranch, undefined, 'two are default');
});

t.test("A branch's own list is asked before its project's.", async (t) => {
  const own = aBranch('br-own', { allowedIps: ['10.0.0.0/8'] });
  const other = aBranch('br-other');
  const project = aProject('shop', [own, other], { ips: ['203.0.113.7'], protectedBranchesOnly: false });
  const catalog = new CatalogSnapshot([project]);
  t.ok(admits(catalog, project, own, '10.0.0.1'));
  t.notOk(admits(catalog, project, own, '203.0.113.7'));
  t.ok(admits(catalog, project, other, '203.0.113.7'));
  t.notOk(admits(catalog, project, other, '10.0.0.1'));
});

t.test("A project's list may be for protected branches alone.", async (t) => {
  const guarded = aBranch('br-main', { isProtected: true });
  const open = aBranch('br-dev');
  const own = aBranch('br-own', { allowedIps: ['10.0.0.0/8'] });
  const project = aProject('shop', [guarded, open, own], {
    ips: ['203.0.113.7'],
    protectedBranchesOnly: true,
  });
  const catalog = new CatalogSnapshot([project]);
  t.notOk(admits(catalog, project, guarded, '10.0.0.1'));
  t.ok(admits(catalog, project, guarded, '203.0.113.7'));
  t.equal(catalog.allowlistOf(project, open), undefined);
  t.notOk(admits(catalog, project, own, '203.0.113.7'));
});

t.test('Without any list everyone is admitted, with an empty one nobody.', async (t) => {
  const branch = aBranch('br-main');
  const open = aProject('shop', [branch]);
  t.equal(new CatalogSnapshot([open]).allowlistOf(open, branch), undefined);
  const shut = aProject('shop', [branch], { ips: [], protectedBranchesOnly: false });
  t.ok(new CatalogSnapshot([shut]).allowlistOf(shut, branch)?.admitsNobody);
});

t.test("A project's list is built once for all its branches.", async (t) => {
  const branches = [aBranch('br-1'), aBranch('br-2', { isProtected: true })];
  const project = aProject('shop', branches, { ips: ['203.0.113.7'], protectedBranchesOnly: false });
  const catalog = new CatalogSnapshot([project]);
  const lists = branches.map((branch) => catalog.allowlistOf(project, branch));
  t.type(lists[0], 'object');
  t.equal(lists[0], lists[1]);
});

t.test('Branches of one id in two projects keep their lists apart.', async (t) => {
  const branch = aBranch('br-1');
  const shop = aProject('shop', [branch], { ips: ['10.0.0.1'], protectedBranchesOnly: false });
  const bank = aProject('bank', [branch], { ips: ['10.0.0.2'], protectedBranchesOnly: false });
  const catalog = new CatalogSnapshot([shop, bank]);
  t.ok(admits(catalog, shop, branch, '10.0.0.1'));
  t.notOk(admits(catalog, bank, branch, '10.0.0.1'));
});

t.test(
  'A branch of an older snapshot is judged by the list it has now, a removed one by none.',
  async (t) => {
    const before = aProject('shop', [aBranch('br-1', { allowedIps: ['10.0.0.0/8'] })]);
    const now = aProject('shop', [aBranch('br-1', { allowedIps: ['203.0.113.7'] })]);
    const [branch] = before.branches;
    if (branch === undefined) throw new Error('the project has a branch');
    t.notOk(admits(new CatalogSnapshot([now]), before, branch, '10.0.0.1'));
    t.throws(() => new CatalogSnapshot([]).allowlistOf(before, branch), {
      message: 'the catalog has no branch br-1 in project shop',
    });
  },
);

t.test('What would be routed by chance is refused.', async (t) => {
  const twice = [aBranch('br-1'), aBranch('br-1')];
  t.throws(() => new CatalogSnapshot([aProject('shop', twice)]), {
    message: 'project shop has two branches br-1',
  });
  const shop = aProject('shop', [aBranch('br-1', { endpoints: ['ep-a'] })]);
  const bank = aProject('bank', [aBranch('br-2', { endpoints: ['EP-A'] })]);
  t.throws(() => new CatalogSnapshot([shop, bank]), { message: 'the catalog has two endpoints ep-a' });
});

t.test('An entry that cannot be read is refused with its owner.', async (t) => {
  const branch = aBranch('br-1', { allowedIps: ['10.0.0.1', '10.0.0.0/33'] });
  t.throws(() => new CatalogSnapshot([aProject('shop', [branch])]), {
    message: 'allowed_ips of branch br-1: "33" is no prefix for 10.0.0.0: write a number from 0 to 32',
  });
  const project = aProject('shop', [], { ips: [''], protectedBranchesOnly: true });
  t.throws(() => new CatalogSnapshot([project]), {
    message: 'allowed_ips of project shop: an entry is empty: write an address, a CIDR or a range a-b',
  });
});

t.test('The owners of databases are known by cluster, over all projects.', async (t) => {
  const mapped = (host: string, database: Record<string, string>) => ({
    upstream: anUpstream({ host, database: new Map(Object.entries(database)) }),
  });
  const dev = aBranch('br-dev', mapped('DB.internal', { app: 'app_dev', again: 'app_dev' }));
  const far = aBranch('br-far', mapped('db2.internal', { app: 'app_far' }));
  const bank = aBranch('br-bank', mapped('db.internal.', { app: 'app_bank', shared: 'app_dev' }));
  const shop = aProject('shop', [aBranch('br-main'), dev, far]);
  const other = aProject('bank', [bank]);
  const catalog = new CatalogSnapshot([shop, other]);
  const owners = catalog.ownersOf(anUpstream());
  t.strictSame([...owners.keys()].toSorted(), ['app_bank', 'app_dev']);
  t.strictSame(owners.get('app_dev'), [
    { project: shop, branch: dev },
    { project: other, branch: bank },
  ]);
  t.strictSame([...catalog.ownersOf(anUpstream({ host: 'db2.internal' })).keys()], ['app_far']);
  t.equal(catalog.ownersOf(anUpstream({ port: 5433 })).size, 0);
});

t.test('Every endpoint of any catalog leads to its own branch.', async (t) => {
  const id = fc.stringMatching(/^[a-z0-9]{1,6}$/);
  const property = fc.property(
    fc.uniqueArray(id, { maxLength: 20 }),
    fc.integer({ min: 1, max: 3 }),
    (ids, count) => {
      const branches = ids.map((name) =>
        aBranch(`br-${name}`, { endpoints: [`ep-${name}`, `ep-${name}-ro`] }),
      );
      const projects = Array.from({ length: count }, (_, index) =>
        aProject(
          `p${index}`,
          branches.filter((_branch, position) => position % count === index),
        ),
      );
      const catalog = new CatalogSnapshot(projects);
      return projects.every((project) =>
        project.branches.every((branch) =>
          branch.endpoints.every((endpoint) => {
            const found = catalog.findEndpoint(endpoint.toUpperCase());
            return found?.branch === branch && found.project === project;
          }),
        ),
      );
    },
  );
  t.doesNotThrow(() => fc.assert(property));
});
