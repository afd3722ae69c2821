import type { Words } from '../allowlist/address.ts';
import { parseEntry, type Range } from '../allowlist/entry.ts';
import { ADDRESS_BITS } from '../allowlist/network.ts';
import type { CatalogState } from './find.ts';
import type { Branch, Project } from './model.ts';
import type { BranchRef } from './snapshot.ts';

/** Branches that are open to the world after a change, and were not before it. */
export function openedBy(before: CatalogState, after: CatalogState): BranchRef[] {
  const wereOpen = new Set(openBranches(before).map(({ branch }) => branch.id));
  const wereThere = new Set(before.flatMap(({ branches }) => branches.map(({ id }) => id)));
  return openBranches(after).filter(({ branch }) => wereThere.has(branch.id) && !wereOpen.has(branch.id));
}

/** The entries that count for a branch; undefined where everyone is admitted. */
export function entriesFor(project: Project, branch: Branch): readonly string[] | undefined {
  if (branch.allowedIps !== undefined) return branch.allowedIps;
  const list = project.allowedIps;
  return list?.protectedBranchesOnly === true && !branch.isProtected ? undefined : list?.ips;
}

function openBranches(state: CatalogState): BranchRef[] {
  return state.flatMap((project) =>
    project.branches
      .filter((branch) => isOpen(entriesFor(project, branch)))
      .map((branch) => ({ project, branch })),
  );
}

/** No list, or one that has half of all addresses of a family: nobody means to name so many. */
function isOpen(entries: readonly string[] | undefined): boolean {
  if (entries === undefined) return true;
  const ranges = entries.flatMap((entry) => {
    const parsed = parseEntry(entry);
    return 'range' in parsed ? [parsed.range] : [];
  });
  return ([4, 6] as const).some((family) => {
    const sizes = ranges.filter(({ first }) => first.family === family).map(sizeOf);
    const half = 1n << BigInt(ADDRESS_BITS[family] - 1);
    return sizes.reduce((sum, size) => sum + size, 0n) >= half;
  });
}

function sizeOf({ first, last }: Range): bigint {
  return numberOf(last.words) - numberOf(first.words) + 1n;
}

function numberOf(words: Words): bigint {
  return words.reduce((number, word) => (number << 32n) | BigInt(word >>> 0), 0n);
}
