import { Allowlist } from '../allowlist/allowlist.ts';
import { parseEntry } from '../allowlist/entry.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { digestOf } from './policy-digest.ts';
import type { BranchDigest, PolicyDigest, ProjectDigest } from './policy-model.ts';
import { LIST, PROTECTED, PROTECTED_ONLY } from './policy-settings.ts';

/** A digest, with the lists that it names as they are looked up: to compare those entry by entry takes too long. */
export interface Policy {
  readonly digest: PolicyDigest;
  /** Of a project and a branch in the digest; `undefined`: everyone is admitted. */
  allowlistOf(project: ProjectDigest, branch: BranchDigest): Allowlist | undefined;
}

/** @param key secret: see `digestOf`. */
export function policyOf(snapshot: CatalogSnapshot, key: Buffer): Policy {
  return {
    digest: digestOf(snapshot.projects, key),
    allowlistOf: (project, branch) => snapshot.allowlistOf(project, branch),
  };
}

/** A policy of which no more than its digest was kept; its lists are made anew where they are asked for. */
export function keptPolicy(digest: PolicyDigest): Policy {
  const made = new Map<readonly string[], Allowlist>();
  return {
    digest,
    allowlistOf: (project, branch) => {
      const entries = entriesOf(project, branch);
      if (entries === undefined) return undefined;
      const list = made.get(entries) ?? listOf(entries);
      made.set(entries, list);
      return list;
    },
  };
}

/** The entries that count for a branch (catalog/openness.ts, `entriesFor`); undefined where everyone is admitted. */
function entriesOf({ settings: project }: ProjectDigest, { settings: branch }: BranchDigest) {
  const own = branch[LIST] ?? null;
  if (Array.isArray(own)) return own;
  const list = project[LIST] ?? null;
  const counts = project[PROTECTED_ONLY] !== true || branch[PROTECTED] === true;
  return counts && Array.isArray(list) ? list : undefined;
}

/** An entry that cannot be read admitted nobody. */
function listOf(entries: readonly string[]): Allowlist {
  return Allowlist.of(
    entries.flatMap((entry) => {
      const parsed = parseEntry(entry);
      return 'range' in parsed ? [parsed.range] : [];
    }),
  );
}
