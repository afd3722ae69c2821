import type { SecretOwner } from './secret-owner.ts';

/** As `process.env`. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Why a file gave no text, as the end of a line that begins with its path. */
export type ReadText = (path: string) => { readonly text: string } | { readonly problem: string };

/** What a configuration's text refers to outside itself. */
export interface Surroundings {
  /** For messages: the file as the user names it. */
  readonly file: string;
  /** Absolute folder from which written paths start; `baseFolderOf` says which. */
  readonly base: string;
  readonly env: Env;
  /** Reads a file by its absolute path. */
  readonly readFile: ReadText;
}

export interface CatalogSurroundings extends Surroundings {
  /** Whether portcullis.yaml has `tls.client_ca`. */
  readonly clientCa: boolean;
  /** Opens `sealed:v1:…` for its owner. A problem holds neither key nor secret. */
  readonly unseal: (
    sealed: string,
    owner: SecretOwner,
  ) => { readonly text: string } | { readonly problem: string };
}
