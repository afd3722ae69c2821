/** What a change is about. `policy` is any other setting of a branch or a project, named by `name`. */
export type CatalogEntity =
  | 'project'
  | 'branch'
  | 'endpoint'
  | 'role'
  | 'allowlist'
  | 'protection'
  | 'policy';

/** A value as it may be shown: never a password, a verifier or a key. */
export type ShownValue = string | number | boolean | null | readonly string[];

/** One change between two states of the catalog. */
export interface CatalogChange {
  readonly entity: CatalogEntity;
  /** `password-reset`: a role's verifier is another one; neither is shown. */
  readonly action: 'created' | 'deleted' | 'changed' | 'password-reset';
  readonly project: string;
  /** Its id; undefined where the project itself is meant. */
  readonly branch?: string | undefined;
  /** The role's, the endpoint's or the setting's. */
  readonly name?: string | undefined;
  /** Of a role: only what has changed, as `setting=value`. */
  readonly before?: ShownValue | undefined;
  readonly after?: ShownValue | undefined;
  /** Of a list: what has come and what has gone. */
  readonly added?: readonly string[] | undefined;
  readonly removed?: readonly string[] | undefined;
  /** Whether it may admit somebody, or let somebody do something, that was not admitted before. */
  readonly loosens: boolean;
}
