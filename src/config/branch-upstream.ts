import type { GivenUpstream } from '../catalog/commands.ts';
import type { Surroundings } from './surroundings.ts';
import { parseUpstreamUrl } from './upstream-url.ts';

const SCHEME = /^postgres(?:ql)?:\/\//;
/** parseUpstreamUrl wants a role; a branch's upstream has none. */
const ANY_ROLE = 'any';

/**
 * Reads the upstream of a branch, `postgres://host:port/database?sslmode=…`. With a database, only that one is
 * reachable, under its own name. A role or a password is refused: a command line is for everyone to read.
 */
export function parseBranchUpstream(
  text: string,
  surroundings: Surroundings,
): GivenUpstream | { readonly problems: readonly string[] } {
  if (/^[a-z]+:\/\/[^/?#]*@|[?&](?:user|password)=/.test(text)) {
    return { problems: ['names a role or a password: leave them out, roles set-upstream is for them'] };
  }
  const parsed = parseUpstreamUrl(
    text.replace(SCHEME, (scheme) => `${scheme}${ANY_ROLE}@`),
    surroundings,
  );
  if ('problems' in parsed) return parsed;
  const { target, database: name, rootCertFile } = parsed;
  return {
    target: { ...target, database: name === undefined ? undefined : new Map([[name, name]]) },
    rootCertFile,
  };
}
