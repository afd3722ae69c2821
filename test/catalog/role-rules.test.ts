import t from 'tap';
import { apply } from '../../src/catalog/apply.ts';
import type { Command } from '../../src/catalog/commands.ts';
import { decide, passwordsNeeded } from '../../src/catalog/decide.ts';
import type { CatalogState } from '../../src/catalog/find.ts';
import type { Role } from '../../src/catalog/model.ts';
import { Secret } from '../../src/catalog/secret.ts';
import { aBranch, aProject } from './a-catalog.ts';
import { aRole, aVerifier, freshFor } from './a-verifier.ts';

const THEIRS = aVerifier('theirs');
const GIVEN = { login: { verifier: THEIRS } } as const;

function shop(role: Partial<Role> = {}, isProtected = false): CatalogState {
  const main = { name: 'main', isDefault: true, isProtected, scramIterations: 5000 };
  return [aProject('shop', [aBranch('br-main', { ...main, roles: [aRole('app', role)] })])];
}

function rolesAfter(state: CatalogState, command: Command): readonly Role[] {
  const decision = decide(state, command, freshFor('app', 'new'));
  if ('rejection' in decision) throw new Error(decision.rejection.message);
  return decision.events.reduce(apply, state)[0]?.branches.at(-1)?.roles ?? [];
}

t.test('A given verifier is the role’s, and marked; any other is not.', async (t) => {
  const [, made] = rolesAfter(shop(), { type: 'create-role', role: 'new', ...GIVEN });
  t.match(made, { verifier: THEIRS, verifierUnrated: true });
  const [, generated] = rolesAfter(shop(), { type: 'create-role', role: 'new' });
  t.match(generated, { verifier: aVerifier('new new'), verifierUnrated: false });
  const [reset] = rolesAfter(shop(), { type: 'reset-password', role: 'app', ...GIVEN });
  t.match(reset, { verifier: THEIRS, verifierUnrated: true });
  const [again] = rolesAfter(shop({ verifierUnrated: true }), { type: 'reset-password', role: 'app' });
  t.match(again, { verifier: aVerifier('new app'), verifierUnrated: false });
});

t.test('A branch has the mark with the verifier, and neither from a protected parent.', async (t) => {
  const wish = { type: 'create-branch', name: 'dev' } as const;
  t.match(rolesAfter(shop({ verifierUnrated: true }), wish), [{ verifierUnrated: true }]);
  t.match(rolesAfter(shop({ verifierUnrated: true }, true), wish), [{ verifierUnrated: false }]);
});

t.test(
  'A password is asked for by what was given: one to make, one to take, none for a verifier.',
  async (t) => {
    const password = new Secret('horse');
    for (const [login, expected] of [
      [undefined, { roles: ['app'], iterations: 5000, given: undefined }],
      [{ password }, { roles: ['app'], iterations: 5000, given: password }],
      [{ verifier: THEIRS }, { roles: [], iterations: 5000 }],
    ] as const) {
      t.strictSame(passwordsNeeded(shop(), { type: 'reset-password', role: 'app', login }), expected);
    }
  },
);

t.test('A role without a login gets none by a verifier either.', async (t) => {
  const state = shop({ verifier: undefined });
  const decision = decide(state, { type: 'reset-password', role: 'app', ...GIVEN }, freshFor());
  t.match(decision, { rejection: { message: /role app of branch main may not log in/ } });
});
