import type { Branch, Project } from '../catalog/model.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { takeEndpoints } from './options.ts';
import { endpointOfSni } from './sni.ts';

/** What a client says of where it wants to go. */
export interface RouteRequest {
  /** The TLS server name. */
  readonly servername: string | undefined;
  /** The startup parameter `options`. */
  readonly options: string | undefined;
}

/** Where a client goes. */
export interface Route {
  readonly kind: 'route';
  readonly project: Project;
  readonly branch: Branch;
  /** In lower case; undefined where the client named none and goes to the default branch. */
  readonly endpoint: string | undefined;
  /** Those for the upstream, ours taken out. */
  readonly options: string | undefined;
}

/**
 * - `unknown-endpoint`: named, but not in the catalog. The client must not learn that (contract, Refusals):
 *   it is asked for a password like any other. The name has any length and any characters.
 * - `unspecified`: the empty name, or none and no default branch to go to.
 * - `disagree`: more than one named.
 */
export type RouteResult =
  | Route
  | { readonly kind: 'unknown-endpoint'; readonly endpoint: string; readonly options: string | undefined }
  | { readonly kind: 'unspecified' }
  | { readonly kind: 'disagree' };

/** Finds the branch that a client names by SNI or by `options=endpoint=<id>`, else the only project's default. */
export function findRoute(catalog: CatalogSnapshot, request: RouteRequest): RouteResult {
  const inSni = endpointOfSni(request.servername);
  const { endpoints, remaining: options } = takeEndpoints(request.options);
  const [endpoint, other] = new Set(inSni === undefined ? endpoints : [inSni, ...endpoints]);
  if (other !== undefined) return { kind: 'disagree' };
  // A client that says `endpoint=` meant one, by an unset variable say: it must not end up on the default branch.
  if (endpoint === '') return { kind: 'unspecified' };
  if (endpoint !== undefined) {
    const found = catalog.findEndpoint(endpoint);
    // Part by part, since a spread takes a µs or two that the unknown endpoint's answer would not.
    return found === undefined
      ? { kind: 'unknown-endpoint', endpoint, options }
      : { kind: 'route', project: found.project, branch: found.branch, endpoint: found.endpoint, options };
  }
  const fallback = catalog.defaultBranch;
  if (fallback === undefined) return { kind: 'unspecified' };
  return { kind: 'route', ...fallback, endpoint: undefined, options };
}
