import type { Branch, Project } from '../catalog/model.ts';
import { clusterKey, databaseOpenedFor } from '../catalog/names.ts';
import { upstreamRole } from '../catalog/upstream-names.ts';
import { SALT_LENGTH } from '../scram/verifier.ts';
import { type Problem, quoted } from './problem.ts';
import type { Path, YamlDocument } from './yaml-document.ts';

interface Placed {
  readonly project: Project;
  readonly branch: Branch;
  readonly path: Path;
}

/** What may be meant, and is worth a second look before it is served. */
export function catalogWarnings(document: YamlDocument, projects: readonly Project[]): Problem[] {
  const warn = (path: Path, message: string): Problem => document.at(path, message, 'warning');
  const branches = projects.flatMap((project, index) =>
    project.branches.map((branch, place) => ({
      project,
      branch,
      path: ['projects', index, 'branches', place],
    })),
  );
  return [
    ...projects.flatMap((project, index) => emptyList(project, index, warn)),
    ...branches.flatMap((placed) => [...openBranch(placed, warn), ...oddVerifiers(placed, warn)]),
    ...sharedUpstreams(branches, warn),
    ...openClusters(branches, warn),
  ];
}

type Warn = (path: Path, message: string) => Problem;

function emptyList(project: Project, index: number, warn: Warn): Problem[] {
  if (project.allowedIps?.ips.length !== 0) return [];
  const path = ['projects', index, 'settings', 'allowed_ips', 'ips'];
  return [warn(path, 'an empty list admits nobody: remove allowed_ips to admit everyone')];
}

function openBranch({ project, branch, path }: Placed, warn: Warn): Problem[] {
  if (!branch.isProtected || branch.allowedIps !== undefined || project.allowedIps !== undefined) return [];
  const message = `protected branch ${branch.id} has no allowlist, every address is admitted: add allowed_ips`;
  return [warn(path, message)];
}

/** An unknown name is shown a salt of 16 bytes and the branch's count: a verifier that differs gives itself away. */
function oddVerifiers({ branch, path }: Placed, warn: Warn): Problem[] {
  return branch.roles.flatMap(({ name, verifier }, index) => {
    if (verifier === undefined) return [];
    const at = [...path, 'roles', index, 'verifier'];
    const problems: Problem[] = [];
    if (verifier.iterations !== branch.scramIterations) {
      const counts = `${verifier.iterations} iterations, the branch ${branch.scramIterations}`;
      problems.push(
        warn(
          at,
          `role ${quoted(name)} has ${counts}: it can be told from unknown names, set scram_iterations`,
        ),
      );
    }
    if (verifier.salt.length !== SALT_LENGTH) {
      const salts = `a salt of ${verifier.salt.length} bytes, not ${SALT_LENGTH}`;
      problems.push(
        warn(
          at,
          `role ${quoted(name)} has ${salts}: it can be told from unknown names, set its password anew`,
        ),
      );
    }
    return problems;
  });
}

/** Branches of one cluster are kept apart by its roles and databases alone. */
function sharedUpstreams(branches: readonly Placed[], warn: Warn): Problem[] {
  const roles = new Map<string, Placed>();
  const databases = new Map<string, Placed>();
  return branches.flatMap((placed) => {
    const { branch, path } = placed;
    const cluster = clusterKey(branch.upstream);
    const problems: Problem[] = [];
    for (const [index, role] of branch.roles.entries()) {
      const other = claim(roles, `${cluster}\0${upstreamRole(role)}`, placed);
      const shared = `branch ${other?.branch.id} logs in to ${cluster} as ${quoted(upstreamRole(role))}, too`;
      if (other !== undefined)
        problems.push(warn([...path, 'roles', index], `${shared}: give each its own role`));
    }
    for (const [name, target] of branch.upstream.database ?? []) {
      const other = claim(databases, `${cluster}\0${databaseOpenedFor(target)}`, placed);
      const shared = `branch ${other?.branch.id} has database ${quoted(target)} of ${cluster}, too`;
      if (other !== undefined)
        problems.push(warn([...path, 'upstream', 'database', name], `${shared}: give each its own`));
    }
    return problems;
  });
}

/** auth_query finds every role that the cluster has, whichever branch it was made for. */
function openClusters(branches: readonly Placed[], warn: Warn): Problem[] {
  const clusters = Map.groupBy(branches, ({ branch }) => clusterKey(branch.upstream));
  return [...clusters].flatMap(([cluster, sharing]) =>
    sharing.flatMap(({ branch, path }) => {
      const other = sharing.find((each) => each.branch !== branch);
      if (branch.authQuery === undefined || other === undefined) return [];
      const message = `every role of ${cluster} may log in here, those of branch ${other.branch.id} too`;
      return [
        warn([...path, 'auth_query'], `${message}: give each branch its own cluster, or list its roles`),
      ];
    }),
  );
}

/** @returns the other branch that has it already. */
function claim(owners: Map<string, Placed>, key: string, placed: Placed): Placed | undefined {
  const owner = owners.get(key) ?? placed;
  owners.set(key, owner);
  return owner.branch === placed.branch ? undefined : owner;
}
