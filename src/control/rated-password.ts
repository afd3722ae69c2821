import { Rejected } from '../catalog/rejection.ts';
import { Secret } from '../catalog/secret.ts';
import type { BranchRef } from '../catalog/snapshot.ts';
import { MIN_BITS } from '../passwords/generate.ts';
import type { PasswordContext, Rating } from '../passwords/rating.ts';
import type { PasswordRatings } from './ports.ts';

/**
 * A password that somebody chose for a role, once it is found strong: what whoever guesses would try first are the
 * names that go with the role and its branch.
 * @throws Rejected where it is weak; the message holds no part of it.
 */
export async function ratedPassword(
  password: string,
  role: string,
  place: BranchRef,
  ratings: PasswordRatings,
): Promise<Secret> {
  const rating = await ratings.rate(password, contextOf(role, place));
  if (rating.verdict !== 'strong') throw new Rejected(`password is too weak: ${reasonOf(rating)}`);
  return new Secret(password);
}

/** Several names stand for one where a branch has them: each of their parts counts. */
export function contextOf(user: string, { project, branch }: BranchRef): PasswordContext {
  const { host, database } = branch.upstream;
  const upstreamName = branch.roles.find(({ name }) => name === user)?.upstream.role;
  return {
    user: together(user, upstreamName),
    database: database === undefined ? undefined : together(...[...database].flat()),
    branch: branch.name,
    host: together(host, ...branch.endpoints),
    project: together(project.id, project.name),
  };
}

function together(...names: readonly (string | undefined)[]): string {
  return names.filter((name) => name !== undefined).join(' ');
}

/** In the words of `password check`, on one line. */
function reasonOf({ bits, why, suggestion }: Rating): string {
  const measure = bits === 0 ? why : `${bits} bits, at least ${MIN_BITS} needed; ${why}`;
  return suggestion === undefined ? measure : `${measure}: ${suggestion}`;
}
