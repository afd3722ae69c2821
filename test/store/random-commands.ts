import fc from 'fast-check';
import type { Command } from '../../src/catalog/commands.ts';
import type { CatalogState } from '../../src/catalog/find.ts';
import { Secret } from '../../src/catalog/secret.ts';
import { anUpstream } from '../catalog/a-catalog.ts';
import { aVerifier } from '../catalog/a-verifier.ts';

/** Of few names, so that commands meet what others made, and now and then nothing. */
const project = fc.constantFrom('shop', 'bank', 'none', undefined);
/** The one number that leads to no branch. */
const NOWHERE = 19;
/** A number that becomes a branch's name or id once the catalog is known. */
const place = fc.nat(NOWHERE);
const name = fc.constantFrom(
  'main',
  'dev',
  'Ünïcode',
  'a: #b',
  "it's",
  'true',
  '01',
  '',
  'x'.repeat(300),
  '\n',
);
const role = fc.constantFrom('app', 'app', 'app', 'owner', 'owner', '"quoted"', 'null', 'r'.repeat(64), '');
const entry = fc.constantFrom(
  '10.0.0.0/8',
  '10.0.0.0-10.255.255.255',
  ' 192.0.2.1 ',
  '2001:db8::/32',
  '0.0.0.0/0',
  '::/0',
  '10.0.0.1/8',
  'nonsense',
);
const entries = fc.array(entry, { maxLength: 3 });
const database = fc.option(fc.constant(new Map([['app', 'app_dev']])), { nil: undefined });

/** A command whose branches are numbers yet. */
export type Wish = (state: CatalogState) => Command;

function withBranch(build: (branch: string, project: string | undefined) => Command): fc.Arbitrary<Wish> {
  return fc.record({ place, project, byName: fc.boolean() }).map((picked) => (state) => {
    const branches = state.flatMap((each) =>
      each.branches.map((branch) => ({ ...branch, project: each.id })),
    );
    const branch = branches[picked.place % branches.length];
    if (branch === undefined || picked.place === NOWHERE) return build('nowhere', picked.project);
    return build(
      picked.byName ? branch.name : branch.id,
      picked.place % 7 === 0 ? picked.project : branch.project,
    );
  });
}

const rules = ['delete', 'reset', 'protect', 'unprotect', 'set-default'] as const;

function ofBranch(): fc.Arbitrary<Wish> {
  return fc
    .constantFrom(...rules)
    .chain((rule) => withBranch((branch, id) => ({ type: `${rule}-branch`, project: id, branch })));
}

function ofRole(): fc.Arbitrary<Wish> {
  return fc
    .record({ type: fc.constant('delete-role'), role })
    .chain((made) => withBranch((branch, id) => ({ ...made, project: id, branch })));
}

/** Generated, chosen, or the verifier of a password that nobody here knows. */
function withPassword(): fc.Arbitrary<Wish> {
  const login = fc.oneof(
    fc.constant(undefined),
    fc.string({ minLength: 1 }).map((password) => ({ password: new Secret(password) })),
    fc.constantFrom('a', 'b', 'c').map((mark) => ({ verifier: aVerifier(mark) })),
  );
  return fc
    .record({ type: fc.constantFrom('create-role', 'reset-password'), role, login })
    .chain((made) => withBranch((branch, id) => ({ ...made, project: id, branch })));
}

function upstream(): fc.Arbitrary<Wish> {
  const password = fc.option(fc.string({ minLength: 1 }), { nil: undefined });
  return fc
    .record({ role, upstreamRole: fc.option(role, { nil: undefined }), password })
    .chain(({ password, ...made }) =>
      withBranch((branch, id) => ({
        ...made,
        type: 'set-upstream',
        project: id,
        branch,
        login: password === undefined ? undefined : { password: new Secret(password) },
      })),
    );
}

function list(): fc.Arbitrary<Wish> {
  const edit = fc.record({
    type: fc.constantFrom('add-ips', 'remove-ips', 'reset-ips'),
    ips: entries,
    own: fc.boolean(),
    protectedOnly: fc.constantFrom(true, false, undefined, undefined),
  });
  return edit.chain(({ own, ...made }) =>
    withBranch((branch, id) => ({ ...made, project: id, branch: own ? branch : undefined })),
  );
}

function make(): fc.Arbitrary<Wish> {
  const elsewhere = { target: anUpstream({ host: 'other.internal' }), rootCertFile: undefined };
  const given = fc.constantFrom(elsewhere, undefined, undefined);
  return fc
    .record({ name: fc.option(name, { nil: undefined }), upstream: given, database })
    .chain((made) => withBranch((parent, id) => ({ ...made, type: 'create-branch', project: id, parent })));
}

/** What every sequence begins with, so that the others have something to meet. */
export const BEGINNING: readonly Wish[] = [
  () => ({
    type: 'create-project',
    id: 'shop',
    branchName: 'main',
    upstream: { target: anUpstream(), rootCertFile: undefined },
  }),
  () => ({ type: 'create-role', project: 'shop', role: 'app' }),
  () => ({ type: 'create-branch', project: 'shop', name: 'dev' }),
];

/** Any command, good or not. */
export function anyWish(): fc.Arbitrary<Wish> {
  const upstreamGiven = { target: anUpstream(), rootCertFile: undefined };
  const create = fc
    .record({
      id: fc.constantFrom('shop', 'bank', 'No', undefined),
      name: fc.option(name, { nil: undefined }),
    })
    .map(
      (made): Wish =>
        () => ({ ...made, type: 'create-project', branchName: 'main', upstream: upstreamGiven }),
    );
  const remove = project.map(
    (id): Wish =>
      () => ({ type: 'delete-project', project: id }),
  );
  const rename = name.chain((to) =>
    withBranch((branch, id) => ({ type: 'rename-branch', project: id, branch, name: to })),
  );
  const endpoint = place.map(
    (at): Wish =>
      (state) => {
        const endpoints = state.flatMap((each) => each.branches.flatMap((branch) => branch.endpoints));
        return { type: 'delete-endpoint', endpoint: endpoints[at] ?? 'ep-none' };
      },
  );
  return fc.oneof(
    { weight: 2, arbitrary: create },
    { weight: 1, arbitrary: remove },
    { weight: 6, arbitrary: make() },
    { weight: 6, arbitrary: ofBranch() },
    { weight: 2, arbitrary: rename },
    { weight: 2, arbitrary: endpoint },
    {
      weight: 2,
      arbitrary: withBranch((branch, id) => ({ type: 'create-endpoint', project: id, branch })),
    },
    { weight: 2, arbitrary: ofRole() },
    { weight: 5, arbitrary: withPassword() },
    { weight: 2, arbitrary: upstream() },
    { weight: 4, arbitrary: list() },
  );
}
