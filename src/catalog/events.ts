import type { Verifier } from '../scram/verifier.ts';
import type { GivenUpstream } from './commands.ts';
import type { Branch, Project, ProjectAllowedIps, Role } from './model.ts';

interface AtBranch {
  readonly projectId: string;
  readonly branchId: string;
}

interface AtRole extends AtBranch {
  readonly role: string;
}

/** What became of the catalog. `apply` turns them into the next state, `store` into an edit of the file. */
export type CatalogEvent =
  | { readonly type: 'project-created'; readonly project: Project; readonly upstream: GivenUpstream }
  | { readonly type: 'project-deleted'; readonly projectId: string }
  | {
      readonly type: 'branch-created';
      readonly projectId: string;
      readonly branch: Branch;
      /** Undefined: the parent's. */
      readonly upstream: GivenUpstream | undefined;
    }
  | (AtBranch & { readonly type: 'branch-deleted' })
  /** Its data are the parent's again; what that means for roles stands in events of their own. */
  | (AtBranch & {
      readonly type: 'branch-reset';
      readonly resetAt: number;
      readonly database?: Branch['upstream']['database'];
    })
  | (AtBranch & { readonly type: 'branch-renamed'; readonly name: string })
  | (AtBranch & { readonly type: 'protection-set'; readonly isProtected: boolean })
  | (AtBranch & { readonly type: 'default-set' })
  | (AtBranch & { readonly type: 'endpoint-created' | 'endpoint-deleted'; readonly endpoint: string })
  | (AtBranch & {
      readonly type: 'role-created';
      readonly role: Role;
      /** The branch whose role it is made after; undefined: it is new. */
      readonly from: string | undefined;
    })
  | (AtRole & { readonly type: 'role-deleted' })
  | (AtRole & {
      readonly type: 'password-reset';
      readonly verifier: Verifier;
      /** The role's mark from now on. */
      readonly unrated: boolean;
    })
  | (AtRole & { readonly type: 'upstream-set'; readonly upstream: Role['upstream'] })
  | {
      readonly type: 'project-list-set';
      readonly projectId: string;
      readonly allowedIps: ProjectAllowedIps | undefined;
    }
  | (AtBranch & { readonly type: 'branch-list-set'; readonly ips: readonly string[] | undefined });
