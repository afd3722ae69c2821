import t from 'tap';
import { apply } from '../../src/catalog/apply.ts';
import type { EditList } from '../../src/catalog/commands.ts';
import { decide } from '../../src/catalog/decide.ts';
import type { CatalogState } from '../../src/catalog/find.ts';
import type { ProjectAllowedIps } from '../../src/catalog/model.ts';
import { openedBy } from '../../src/catalog/openness.ts';
import { aBranch, aProject } from './a-catalog.ts';
import { freshFor } from './a-verifier.ts';

const LIST: ProjectAllowedIps = { ips: ['203.0.113.7', '10.0.0.0/8'], protectedBranchesOnly: false };

function catalog(list?: ProjectAllowedIps, own?: readonly string[]): CatalogState {
  return [aProject('shop', [aBranch('br-main', { name: 'main', isDefault: true, allowedIps: own })], list)];
}

/** The lists afterwards, the project's and the branch's own; or why not. */
function edited(state: CatalogState, command: EditList): unknown {
  const decision = decide(state, command, freshFor());
  if ('rejection' in decision) return decision.rejection.message;
  const [project] = decision.events.reduce(apply, state);
  return [project?.allowedIps, project?.branches[0]?.allowedIps];
}

const WRONG = [
  '',
  ' ',
  '*',
  'localhost',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.256',
  '01.2.3.4',
  '0x7f.1',
  '1.2.3.4/33',
  '1.2.3.4/-1',
  '1.2.3.4/08',
  '1.2.3.4/',
  '10.0.0.1/8',
  '10.0.0.9-10.0.0.1',
  '10.0.0.1-2001:db8::1',
  '10.0.0.1-',
  'fe80::1%eth0',
  '2001:db8::/129',
  '2001:db8::1/32',
  '::ffff:10.0.0.1/8',
  '1.2.3.4,5.6.7.8',
  '1.2.3.4 5.6.7.8',
  '10.0.0.0/8-10.0.0.1',
  '１.2.3.4',
  '1.2.3.4\n',
  `${'1'.repeat(1000)}`,
];

t.test('An entry of any wrong form is refused in a line, and nothing is changed.', async (t) => {
  for (const wrong of WRONG) {
    const command = { type: 'add-ips', ips: ['192.0.2.1', wrong] } as const;
    const decision = decide(catalog(), command, freshFor());
    // White space around an entry is ignored, a line's end too.
    if (wrong === '1.2.3.4\n') {
      t.match(decision, { events: [{ allowedIps: { ips: ['192.0.2.1', '1.2.3.4'] } }] });
      continue;
    }
    t.match(decision, { rejection: { fault: 'wish', message: /^[ -~]+$/ } }, JSON.stringify(wrong));
  }
});

t.test('Entries are added once, whatever their spelling, and removed likewise.', async (t) => {
  const ips = [' 10.0.0.0-10.255.255.255 ', '::ffff:203.0.113.7', '2001:db8::/32'];
  const added = { ...LIST, ips: [...LIST.ips, '2001:db8::/32'] };
  t.strictSame(edited(catalog(LIST), { type: 'add-ips', ips }), [added, undefined]);
  const left = { ...LIST, ips: ['203.0.113.7'] };
  t.strictSame(edited(catalog(LIST), { type: 'remove-ips', ips: ['10.0.0.0-10.255.255.255'] }), [
    left,
    undefined,
  ]);
  t.equal(
    edited(catalog(LIST), { type: 'remove-ips', ips: ['203.0.113.7', '192.0.2.1'] }),
    '192.0.2.1 is not in the list of project shop: ip-allow list shows what is',
  );
  t.match(edited(catalog(LIST), { type: 'add-ips', ips: [] }), /name at least one/);
});

t.test('The last entry of a project may go, which admits nobody; that of a branch may not.', async (t) => {
  const ips = LIST.ips;
  t.strictSame(edited(catalog(LIST), { type: 'remove-ips', ips }), [{ ...LIST, ips: [] }, undefined]);
  t.match(
    edited(catalog(LIST, ips), { type: 'remove-ips', branch: 'main', ips }),
    /must not be empty: ip-allow reset/,
  );
  t.strictSame(edited(catalog(LIST, ips), { type: 'reset-ips', branch: 'main', ips: [] }), [LIST, undefined]);
  t.strictSame(edited(catalog(LIST), { type: 'reset-ips', ips: [] }), [undefined, undefined]);
});

t.test(
  'The list of a project may count on protected branches only; that of a branch is its own.',
  async (t) => {
    const only = { type: 'add-ips', ips: [], protectedOnly: true } as const;
    t.strictSame(edited(catalog(LIST), only), [{ ...LIST, protectedBranchesOnly: true }, undefined]);
    t.match(edited(catalog(), only), /an empty one admits nobody/);
    t.match(edited(catalog(LIST), { ...only, branch: 'main' }), /leave out --branch/);
  },
);

t.test('What opens a branch to the world is noticed, however it is written.', async (t) => {
  const opens = (before: CatalogState, after: CatalogState): boolean => openedBy(before, after).length === 1;
  const some = catalog(LIST);
  for (const ips of [['0.0.0.0/0'], ['::/0'], ['0.0.0.0/1', '192.0.2.1'], ['1.0.0.0-254.255.255.255']]) {
    t.ok(opens(some, catalog({ ...LIST, ips })), ips.join());
    t.ok(opens(some, catalog(LIST, ips)), ips.join());
  }
  t.ok(opens(some, catalog()), 'no list at all');
  t.ok(opens(some, catalog({ ...LIST, protectedBranchesOnly: true })), 'a list that no longer counts');
  t.notOk(opens(catalog(), catalog()), 'it was open before');
  t.notOk(opens(some, catalog({ ...LIST, ips: ['10.0.0.0/8', '64.0.0.0/2'] })));
});
