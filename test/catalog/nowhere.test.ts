import fc from 'fast-check';
import t from 'tap';
import { parseAddress } from '../../src/allowlist/address.ts';
import { NOWHERE } from '../../src/catalog/nowhere.ts';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { aBranch, aProject } from './a-catalog.ts';

const full = new CatalogSnapshot([
  aProject('shop', [aBranch('br-main', { isDefault: true, endpoints: ['ep-main'] })], {
    ips: [],
    protectedBranchesOnly: false,
  }),
]);

t.test('Everybody is admitted nowhere, in every catalog, and nobody has a role there.', async (t) => {
  for (const catalog of [full, new CatalogSnapshot([])]) {
    const allowlist = catalog.allowlistOf(NOWHERE.project, NOWHERE.branch);
    for (const text of [
      '0.0.0.0',
      '203.0.113.7',
      '255.255.255.255',
      '::',
      '2001:db8::1',
      '::ffff:192.0.2.1',
    ]) {
      const address = parseAddress(text);
      t.ok(address && allowlist?.admits(address), text);
    }
  }
  t.strictSame([NOWHERE.branch.roles, NOWHERE.branch.authQuery], [[], undefined]);
});

t.test('No name of a client leads there, and no list of the catalog has it.', async (t) => {
  t.equal(full.findEndpoint(''), undefined);
  t.equal(full.defaultBranch?.branch.id, 'br-main');
  t.equal(new CatalogSnapshot([]).defaultBranch, undefined);
  t.ok(full.projects.every(({ branches }) => !branches.includes(NOWHERE.branch)));
  fc.assert(fc.property(fc.string(), (name) => full.findEndpoint(name)?.branch !== NOWHERE.branch));
});
