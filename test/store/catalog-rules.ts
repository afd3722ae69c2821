import type { Command } from '../../src/catalog/commands.ts';
import { type CatalogState, findBranch } from '../../src/catalog/find.ts';
import type { Branch, Role } from '../../src/catalog/model.ts';
import { formatVerifier } from '../../src/scram/verifier.ts';

/** The rules of the control plane, said once more without the code that keeps them. @returns those that are broken. */
export function broken(before: CatalogState, command: Command, after: CatalogState): string[] {
  return [...shapeOf(after), ...guarded(before, command, after), ...secrets(before, command, after)];
}

function shapeOf(after: CatalogState): string[] {
  const all = after.flatMap(({ branches }) => branches);
  const said: string[] = [];
  if (repeats(after.map(({ id }) => id))) said.push('two projects share an id');
  if (repeats(all.map(({ id }) => id))) said.push('two branches share an id');
  if (repeats(all.flatMap(({ endpoints }) => endpoints))) said.push('two branches share an endpoint');
  for (const { branches } of after) {
    const ids = new Set(branches.map(({ id }) => id));
    if (branches.filter(({ isDefault }) => isDefault).length !== 1) said.push('not one default branch');
    if (repeats(branches.map(({ name }) => name))) said.push('two branches share a name');
    if (branches.some(({ parentId }) => parentId !== undefined && !ids.has(parentId))) said.push('an orphan');
  }
  if (all.some(({ allowedIps }) => allowedIps?.length === 0)) said.push('an empty list of a branch');
  if (all.some(({ roles }) => repeats(roles.map(({ name }) => name)))) said.push('two roles share a name');
  for (const branch of all) {
    if (!/^br-[a-z]+-[a-z]+-\d{8}$/.test(branch.id)) said.push('a branch id of another form');
    if (branch.endpoints.some((id) => !/^ep-[a-z]+-[a-z]+-\d{8}$/.test(id)))
      said.push('an endpoint of another form');
  }
  return said;
}

/** What was protected is still there, whole. */
function guarded(before: CatalogState, command: Command, after: CatalogState): string[] {
  const said: string[] = [];
  const now = new Map(
    after.flatMap(({ branches }) => branches.map((branch) => [branch.id, branch] as const)),
  );
  for (const project of before) {
    for (const branch of project.branches) {
      const left = now.get(branch.id);
      const projectGone = command.type === 'delete-project';
      if (branch.isProtected && left === undefined) said.push('a protected branch was deleted');
      if (branch.isProtected && !branch.endpoints.every((id) => left?.endpoints.includes(id)))
        said.push('a protected branch lost an endpoint');
      const isEdit = command.type === 'create-endpoint' || command.type === 'delete-endpoint';
      if (!isEdit && left !== undefined && left.endpoints.join() !== branch.endpoints.join())
        said.push('endpoints changed by themselves');
      if (branch.isDefault && left === undefined && !projectGone) said.push('the default branch was deleted');
      if (
        left === undefined &&
        !projectGone &&
        project.branches.some(({ parentId }) => parentId === branch.id)
      )
        said.push('a branch with children was deleted');
      if (branch.isProtected && left?.isProtected === false && command.type !== 'unprotect-branch')
        said.push('a branch lost its protection');
    }
  }
  return said;
}

function secrets(before: CatalogState, command: Command, after: CatalogState): string[] {
  const said: string[] = [];
  const known = new Map(
    before.flatMap(({ branches }) => branches.map((branch) => [branch.id, branch] as const)),
  );
  for (const branch of after.flatMap(({ branches }) => branches)) {
    const was = known.get(branch.id);
    const parent = branch.parentId === undefined ? undefined : known.get(branch.parentId);
    if (was === undefined && parent !== undefined) said.push(...handedDown(branch, parent));
    if (was !== undefined && command.type === 'reset-branch') said.push(...kept(was, branch));
    said.push(...marks(branch, [...(was?.roles ?? []), ...(parent?.roles ?? [])], command));
  }
  if (command.type === 'reset-branch') {
    const { branch } = findBranch(before, command.project, command.branch);
    if (branch.isProtected) said.push('a protected branch was reset');
  }
  return said;
}

function handedDown(branch: Branch, parent: Branch): string[] {
  const theirs = verifiersOf(parent);
  const same = [...verifiersOf(branch)].filter(([role, verifier]) => theirs.get(role) === verifier).length;
  if (parent.isProtected && same > 0) return ['a secret of a protected branch was handed down'];
  return !parent.isProtected && same !== theirs.size ? ['a secret was not handed down'] : [];
}

/** A verifier that was given as it is stays marked, in copies too; no other is. */
function marks({ roles }: Branch, from: readonly Role[], command: Command): string[] {
  const isSet = command.type === 'create-role' || command.type === 'reset-password';
  const isGiven = isSet && command.login !== undefined && 'verifier' in command.login;
  const wrong = roles.filter((role) => {
    const before = from.find(({ name }) => name === role.name);
    const isSame = textOf(before) === textOf(role);
    return role.verifierUnrated !== (before !== undefined && isSame ? before.verifierUnrated : isGiven);
  });
  return wrong.map(({ name }) => `role ${name} is marked wrongly`);
}

function textOf(role: Role | undefined): string | undefined {
  return role?.verifier && formatVerifier(role.verifier);
}

function kept(was: Branch, now: Branch): string[] {
  const before = verifiersOf(was);
  const lost = [...verifiersOf(now)].some(([role, verifier]) => (before.get(role) ?? verifier) !== verifier);
  return lost ? ['a reset changed a password of the branch'] : [];
}

function verifiersOf({ roles }: Branch): Map<string, string> {
  return new Map(
    roles.flatMap(({ name, verifier }) => (verifier === undefined ? [] : [[name, formatVerifier(verifier)]])),
  );
}

function repeats(names: readonly string[]): boolean {
  return new Set(names).size !== names.length;
}
