import t from 'tap';
import { apply } from '../../src/catalog/apply.ts';
import type { Command } from '../../src/catalog/commands.ts';
import { decide, passwordsNeeded } from '../../src/catalog/decide.ts';
import type { CatalogState } from '../../src/catalog/find.ts';
import type { Branch } from '../../src/catalog/model.ts';
import { Secret } from '../../src/catalog/secret.ts';
import { aBranch, anAuthQuery, anUpstream, aProject } from './a-catalog.ts';
import { aRole, aVerifier, freshFor, NOW } from './a-verifier.ts';

const MAIN = aBranch('br-main', {
  name: 'main',
  isDefault: true,
  endpoints: ['ep-main'],
  roles: [aRole('app')],
});
const DEV = aBranch('br-dev', {
  name: 'dev',
  parentId: 'br-main',
  endpoints: ['ep-dev'],
  roles: [aRole('app')],
});

function shop(main: Partial<Branch> = {}, dev: Partial<Branch> = {}): CatalogState {
  return [
    aProject('shop', [
      { ...MAIN, ...main },
      { ...DEV, ...dev },
    ]),
  ];
}

/** Why a command is refused; undefined where it is not. */
function refusal(state: CatalogState, command: Command): string | undefined {
  const decision = decide(state, command, freshFor('app', 'new'));
  return 'rejection' in decision ? decision.rejection.message : undefined;
}

function after(state: CatalogState, command: Command, ...fresh: string[]): CatalogState {
  const decision = decide(state, command, freshFor(...fresh));
  if ('rejection' in decision) throw new Error(decision.rejection.message);
  return decision.events.reduce(apply, state);
}

function branchAfter(state: CatalogState, command: Command, name: string, ...fresh: string[]): Branch {
  const found = after(state, command, ...fresh)[0]?.branches.find((branch) => branch.name === name);
  if (found === undefined) throw new Error(`no branch ${name}`);
  return found;
}

t.test('What is protected stays, and the refusal says how to lift it.', async (t) => {
  const state = shop({ isDefault: false, isProtected: true }, { isDefault: true });
  t.equal(
    refusal(state, { type: 'delete-branch', branch: 'main' }),
    'branch main cannot be deleted: it is protected; lift it with branches unprotect main',
  );
  t.equal(
    refusal(shop({}, { isProtected: true }), { type: 'reset-branch', branch: 'dev' }),
    'branch dev cannot be reset: it is protected; lift it with branches unprotect dev',
  );
  t.equal(
    refusal(state, { type: 'delete-project' }),
    'project shop cannot be deleted: main is protected; lift it with branches unprotect main',
  );
  t.equal(
    refusal(state, { type: 'delete-endpoint', endpoint: 'EP-MAIN' }),
    'endpoint ep-main cannot be deleted: branch main is protected; lift it with branches unprotect main',
  );
  t.equal(refusal(state, { type: 'delete-endpoint', endpoint: 'ep-dev' }), undefined);
});

t.test('A default branch and one with children stay.', async (t) => {
  t.equal(
    refusal(shop(), { type: 'delete-branch', branch: 'main' }),
    'branch main cannot be deleted: it is the default; give that to another with branches set-default',
  );
  const moved = after(shop(), { type: 'set-default-branch', branch: 'br-dev' });
  const children = 'branch main cannot be deleted: dev was made from it; delete that first';
  t.equal(refusal(moved, { type: 'delete-branch', branch: 'main' }), children);
  t.equal(refusal(shop(), { type: 'delete-branch', branch: 'dev' }), undefined);
  t.strictSame(after(shop(), { type: 'delete-project' }), []);
});

t.test('A branch from a protected one has new passwords for all its roles that log in.', async (t) => {
  const roles = [aRole('app'), aRole('barred', { verifier: undefined })];
  const state = shop({ isProtected: true, roles });
  const command = { type: 'create-branch', name: 'copy' } as const;
  t.strictSame(passwordsNeeded(state, command), { roles: ['app'], iterations: 4096 });
  const branch = branchAfter(state, command, 'copy', 'app');
  t.strictSame(
    branch.roles.map(({ name, verifier }) => [name, verifier]),
    [
      ['app', aVerifier('new app')],
      ['barred', undefined],
    ],
  );
  t.match(branch, { isProtected: false, isDefault: false, parentId: 'br-main', upstream: MAIN.upstream });
});

t.test('A branch from any other has the same verifiers, and the gate of its parent.', async (t) => {
  const authQuery = anAuthQuery();
  const strict = { allowedIps: ['10.0.0.0/8'], clientCertificate: 'required', connectionLimit: 3 } as const;
  const state = shop({ ...strict, authQuery });
  const command = { type: 'create-branch', name: 'copy', parent: 'br-main' } as const;
  t.strictSame(passwordsNeeded(state, command), { roles: [], iterations: 4096 });
  const branch = branchAfter(state, command, 'copy');
  t.strictSame(branch.roles, MAIN.roles);
  t.match(branch, { ...strict, authQuery });
  t.match(branch.id, /^br-[a-z]+-[a-z]+-\d{8}$/);
  t.match(branch.endpoints, [/^ep-[a-z]+-[a-z]+-\d{8}$/]);
  const kept = branchAfter(shop({ isProtected: true, authQuery }), command, 'copy', 'app');
  t.equal(kept.authQuery, undefined, 'which would let the passwords of the protected one in');
});

t.test('A login that was sealed for one server is not shown to another.', async (t) => {
  const login = { password: new Secret('x') };
  const state = shop({ roles: [aRole('app', { upstream: { role: 'up', login } })] });
  const here = branchAfter(state, { type: 'create-branch', name: 'copy' }, 'copy');
  t.equal(here.roles[0]?.upstream.login, login);
  const upstream = { target: anUpstream({ host: 'evil' }), rootCertFile: undefined };
  const there = branchAfter(state, { type: 'create-branch', name: 'copy', upstream }, 'copy');
  t.strictSame(there.roles[0]?.upstream, { role: undefined, login: undefined });
  t.equal(there.upstream.host, 'evil');
});

t.test('A reset brings the roles of the parent, and keeps passwords of the branch.', async (t) => {
  const own = aVerifier('own');
  const roles = [aRole('app', { verifier: own }), aRole('gone')];
  const state = shop({ isProtected: true, roles: [aRole('app'), aRole('new')] }, { roles });
  const command = { type: 'reset-branch', branch: 'dev' } as const;
  t.strictSame(passwordsNeeded(state, command), { roles: ['new'], iterations: 4096 });
  const reset = branchAfter(state, command, 'dev', 'new');
  t.equal(reset.resetAt, NOW.getTime());
  const child = decide(
    [aProject('p', [reset, aBranch('br-x')])],
    { type: 'create-branch', parent: reset.id },
    freshFor(),
  );
  t.match(child, { events: [{ branch: { parentId: reset.id, resetAt: undefined } }] }, 'a mark of its own');
  t.strictSame(
    reset.roles.map(({ name, verifier }) => [name, verifier]),
    [
      ['app', own],
      ['new', aVerifier('new new')],
    ],
  );
  t.match(
    refusal(shop(), { type: 'reset-branch', branch: 'main' }),
    /main cannot be reset: it has no parent/,
  );
});

t.test('Names are the project’s own, and such as catalog.yaml takes.', async (t) => {
  const rename = (name: string): Command => ({ type: 'rename-branch', branch: 'dev', name });
  t.equal(refusal(shop(), rename('main')), 'project shop has a branch main already: choose another name');
  t.match(refusal(shop(), rename('')), /must not be empty/);
  t.match(refusal(shop(), rename('a\u0007')), /control characters/);
  t.match(refusal(shop(), rename('\ud800')), /well-formed/);
  t.match(refusal(shop(), rename('x'.repeat(257))), /at most 256/);
  t.strictSame(decide(shop(), rename('dev'), freshFor()), { events: [] });
  const role = (name: string): Command => ({ type: 'create-role', role: name });
  t.match(refusal(shop(), role('app')), /has a role app already: roles reset-password/);
  t.match(refusal(shop(), role('é'.repeat(32))), /at most 63 bytes/);
  const project = (id: string): Command => ({
    type: 'create-project',
    id,
    branchName: 'main',
    upstream: { target: anUpstream(), rootCertFile: undefined },
  });
  t.equal(refusal(shop(), project('shop')), 'project shop is there already: choose another id');
  for (const id of ['', 'Shop', '-a', 'a'.repeat(64)]) t.match(refusal(shop(), project(id)), /is no id/);
});

t.test('What a command names must be there, and be clear.', async (t) => {
  const two = [...shop(), aProject('bank', [])];
  const unclear = decide(two, { type: 'delete-branch', branch: 'dev' }, freshFor());
  t.match(unclear, { rejection: { message: 'give --project-id: there are shop, bank', fault: 'wish' } });
  t.match(refusal([], { type: 'delete-project' }), /there is no project: make one with projects create/);
  t.equal(
    refusal(two, { type: 'delete-project', project: 'no' }),
    'there is no project no: there are shop, bank',
  );
  const none = refusal(shop(), { type: 'delete-branch', branch: '\u202eevil' });
  t.equal(none, 'project shop has no branch "\\u202eevil": there are main, dev');
  t.equal(refusal(shop(), { type: 'delete-role', role: 'no' }), 'branch main has no role no: there is app');
  t.equal(refusal(shop(), { type: 'delete-endpoint', endpoint: 'ep-no' }), 'there is no endpoint ep-no');
});

t.test('A password gives nobody back the right to log in.', async (t) => {
  const state = shop({ roles: [aRole('app', { verifier: undefined })] });
  const why = refusal(state, { type: 'reset-password', role: 'app' });
  t.equal(why, 'role app of branch main may not log in: remove no_login in the catalog first');
});

t.test('A command that changes nothing has no events.', async (t) => {
  for (const command of [
    { type: 'unprotect-branch', branch: 'dev' },
    { type: 'set-default-branch', branch: 'main' },
    { type: 'reset-ips', ips: [] },
    { type: 'reset-ips', branch: 'dev', ips: [] },
  ] as const) {
    t.strictSame(decide(shop(), command, freshFor()), { events: [] }, command.type);
  }
});

t.test('A source of numbers without chance ends in an error, not in a loop.', async (t) => {
  const fresh = { ...freshFor(), randomInt: () => 0, verifiers: new Map() };
  const made = decide(shop(), { type: 'create-branch' }, fresh);
  const state = 'events' in made ? made.events.reduce(apply, shop()) : [];
  t.throws(() => decide(state, { type: 'create-branch' }, fresh), /gives the same ones/);
  t.throws(() => decide(shop(), { type: 'create-role', role: 'x' }, fresh), /no password was made/);
});
