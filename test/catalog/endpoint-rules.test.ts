import t from 'tap';
import { apply } from '../../src/catalog/apply.ts';
import type { Command } from '../../src/catalog/commands.ts';
import { decide } from '../../src/catalog/decide.ts';
import type { CatalogState } from '../../src/catalog/find.ts';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { aBranch, aProject } from './a-catalog.ts';
import { freshFor } from './a-verifier.ts';

const STATE: CatalogState = [
  aProject('shop', [
    aBranch('br-main', { name: 'main', isDefault: true, isProtected: true, endpoints: ['ep-main'] }),
    aBranch('br-dev', { name: 'dev', endpoints: ['ep-dev', 'ep-other'] }),
  ]),
  aProject('bank', [aBranch('br-bank', { name: 'main', isDefault: true })]),
];

function endpointsAfter(command: Command): (readonly string[])[] {
  const decision = decide(STATE, command, freshFor());
  if ('rejection' in decision) throw new Error(decision.rejection.message);
  const after = decision.events.reduce(apply, STATE);
  // Two branches of one endpoint would be an error here.
  new CatalogSnapshot(after);
  return after.flatMap(({ branches }) => branches.map(({ endpoints }) => endpoints));
}

t.test('A new endpoint is the branch’s that is named, or the default one’s.', async (t) => {
  const [main, dev, bank] = endpointsAfter({ type: 'create-endpoint', project: 'shop', branch: 'dev' });
  t.strictSame([main, dev?.slice(0, 2), bank], [['ep-main'], ['ep-dev', 'ep-other'], []]);
  t.match(dev?.[2], /^ep-[a-z]+-[a-z]+-\d{8}$/);
  const [protectedToo] = endpointsAfter({ type: 'create-endpoint', project: 'shop' });
  t.equal(protectedToo?.length, 2);
  const nowhere = decide(STATE, { type: 'create-endpoint', project: 'shop', branch: 'no' }, freshFor());
  t.match(nowhere, { rejection: { message: /has no branch no/ } });
  t.match(decide(STATE, { type: 'create-endpoint' }, freshFor()), { rejection: { fault: 'wish' } });
});

t.test('An endpoint is taken away alone, whatever its case, but not from a protected branch.', async (t) => {
  t.strictSame(endpointsAfter({ type: 'delete-endpoint', endpoint: 'EP-Dev' }), [
    ['ep-main'],
    ['ep-other'],
    [],
  ]);
  const kept = decide(STATE, { type: 'delete-endpoint', endpoint: 'ep-main' }, freshFor());
  t.match(kept, { rejection: { message: /branch main is protected; lift it with branches unprotect main/ } });
});
