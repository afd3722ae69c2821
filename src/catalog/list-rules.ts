import { formatAddress } from '../allowlist/address.ts';
import { parseEntry } from '../allowlist/entry.ts';
import { checkWritten } from '../allowlist/written.ts';
import type { EditList } from './commands.ts';
import type { CatalogEvent } from './events.ts';
import { branchOf, type CatalogState, findProject, shown } from './find.ts';
import type { Branch, Project } from './model.ts';
import { Rejected } from './rejection.ts';

/** Of a project's list, or of a branch's own. A list without entries admits nobody, no list leaves that to others. */
export function editList(state: CatalogState, command: EditList): CatalogEvent[] {
  for (const ip of command.ips) {
    const [problem] = checkWritten(ip);
    if (problem !== undefined) throw new Rejected(problem, 'wish');
  }
  if (command.type !== 'reset-ips' && command.ips.length === 0 && command.protectedOnly === undefined)
    throw new Rejected('name at least one address, CIDR or range a-b', 'wish');
  const project = findProject(state, command.project);
  if (command.branch === undefined) return editProjectList(project, command);
  if (command.protectedOnly !== undefined)
    throw new Rejected('--protected-only is of the project’s list: leave out --branch', 'wish');
  return editBranchList(project, branchOf(project, command.branch), command);
}

function editProjectList(project: Project, command: EditList): CatalogEvent[] {
  const projectId = project.id;
  const before = project.allowedIps;
  if (command.type === 'reset-ips' && command.ips.length === 0 && command.protectedOnly === undefined)
    return before === undefined ? [] : [{ type: 'project-list-set', projectId, allowedIps: undefined }];
  const ips = edited(before?.ips ?? [], command, `project ${projectId}`);
  if (before === undefined && ips.length === 0) {
    throw new Rejected(
      `project ${projectId} has no list, and an empty one admits nobody: name entries, too`,
      'wish',
    );
  }
  const protectedBranchesOnly = command.protectedOnly ?? before?.protectedBranchesOnly ?? false;
  if (isSame(ips, before?.ips) && protectedBranchesOnly === before?.protectedBranchesOnly) return [];
  return [{ type: 'project-list-set', projectId, allowedIps: { ips, protectedBranchesOnly } }];
}

function editBranchList({ id: projectId }: Project, branch: Branch, command: EditList): CatalogEvent[] {
  const at = { type: 'branch-list-set', projectId, branchId: branch.id } as const;
  const before = branch.allowedIps;
  if (command.type === 'reset-ips' && command.ips.length === 0)
    return before === undefined ? [] : [{ ...at, ips: undefined }];
  const ips = edited(before ?? [], command, `branch ${shown(branch.name)}`);
  if (ips.length === 0) {
    throw new Rejected(
      `the own list of branch ${shown(branch.name)} must not be empty: ip-allow reset removes it, 0.0.0.0/0 and ::/0 open the branch`,
    );
  }
  return isSame(ips, before) ? [] : [{ ...at, ips }];
}

function edited(before: readonly string[], { type, ips }: EditList, owner: string): readonly string[] {
  if (type === 'remove-ips') return without(before, ips, owner);
  const kept = type === 'reset-ips' ? [] : before;
  const known = new Set(kept.map(rangeKey));
  const added: string[] = [];
  for (const ip of ips.map((each) => each.trim())) {
    if (known.has(rangeKey(ip))) continue;
    known.add(rangeKey(ip));
    added.push(ip);
  }
  return [...kept, ...added];
}

/** Entries are the same where they mean the same addresses, however they are written. */
function without(before: readonly string[], ips: readonly string[], owner: string): readonly string[] {
  const known = new Set(before.map(rangeKey));
  for (const ip of ips) {
    if (!known.has(rangeKey(ip)))
      throw new Rejected(`${ip.trim()} is not in the list of ${owner}: ip-allow list shows what is`);
  }
  const gone = new Set(ips.map(rangeKey));
  return before.filter((each) => !gone.has(rangeKey(each)));
}

function rangeKey(entry: string): string {
  const parsed = parseEntry(entry);
  if ('problem' in parsed) return entry;
  const { first, last } = parsed.range;
  return `${first.family} ${formatAddress(first)}-${formatAddress(last)}`;
}

function isSame(left: readonly string[], right: readonly string[] | undefined): boolean {
  return right?.length === left.length && right.every((each, index) => each === left[index]);
}
