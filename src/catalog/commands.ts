import type { Verifier } from '../scram/verifier.ts';
import type { UpstreamLogin, UpstreamTarget } from './model.ts';
import type { Secret } from './secret.ts';

/** An upstream that a person named, in place of the parent's. */
export interface GivenUpstream {
  readonly target: UpstreamTarget;
  /** The path from which `target.sslrootcert` was read, for files that keep the path. */
  readonly rootCertFile: string | undefined;
}

/** Which project: its id; left out where there is only one. */
interface InProject {
  readonly project?: string | undefined;
}

/** Which branch: its id or its name; left out for the project's default branch. */
interface OnBranch extends InProject {
  readonly branch?: string | undefined;
}

export interface CreateProject {
  readonly type: 'create-project';
  /** Left out: one in Neon's form. */
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly branchName: string;
  readonly upstream: GivenUpstream;
}

export interface CreateBranch extends InProject {
  readonly type: 'create-branch';
  /** Left out: its id. */
  readonly name?: string | undefined;
  /** Id or name; left out: the default branch. */
  readonly parent?: string | undefined;
  readonly upstream?: GivenUpstream | undefined;
  /** Client's name → upstream's name, in place of the parent's. */
  readonly database?: ReadonlyMap<string, string> | undefined;
}

interface OfBranch extends InProject {
  readonly type:
    | 'delete-branch'
    | 'reset-branch'
    | 'protect-branch'
    | 'unprotect-branch'
    | 'set-default-branch';
  readonly branch: string;
}

export interface RenameBranch extends InProject {
  readonly type: 'rename-branch';
  readonly branch: string;
  readonly name: string;
}

interface CreateEndpoint extends OnBranch {
  readonly type: 'create-endpoint';
}

interface DeleteEndpoint {
  readonly type: 'delete-endpoint';
  readonly endpoint: string;
}

interface DeleteRole extends OnBranch {
  readonly type: 'delete-role';
  readonly role: string;
}

/** What somebody wants a role to log in with. */
export type GivenLogin =
  /** Found strong by whoever gives the command. */
  | { readonly password: Secret }
  /** Its password nobody here has seen: the role is marked. */
  | { readonly verifier: Verifier };

export interface SetPassword extends OnBranch {
  readonly type: 'create-role' | 'reset-password';
  readonly role: string;
  /** Left out: a new generated password. */
  readonly login?: GivenLogin | undefined;
}

export interface SetUpstream extends OnBranch {
  readonly type: 'set-upstream';
  readonly role: string;
  /** The name it has there; left out: as it is. */
  readonly upstreamRole?: string | undefined;
  /** `undefined`: passthrough, the client's own proof logs in there. */
  readonly login: UpstreamLogin | undefined;
}

/** Of the project's list, or, where a branch is named, of that branch's own. */
export interface EditList extends InProject {
  readonly type: 'add-ips' | 'remove-ips' | 'reset-ips';
  readonly branch?: string | undefined;
  readonly ips: readonly string[];
  /** Whether the project's list counts on protected branches only; left out: as it is. */
  readonly protectedOnly?: boolean | undefined;
}

/** What an operator wants of the catalog. */
export type Command =
  | CreateProject
  | (InProject & { readonly type: 'delete-project' })
  | CreateBranch
  | OfBranch
  | RenameBranch
  | CreateEndpoint
  | DeleteEndpoint
  | DeleteRole
  | SetPassword
  | SetUpstream
  | EditList;
