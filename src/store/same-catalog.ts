import { isDeepStrictEqual } from 'node:util';
import type { CatalogState } from '../catalog/find.ts';
import { formatLogin } from '../config/login-text.ts';

/** Whether two states are the same, secrets too, into which a comparison of objects does not see. */
export function isSameCatalog(left: CatalogState, right: CatalogState): boolean {
  return isDeepStrictEqual(left, right) && isDeepStrictEqual(secretsIn(left), secretsIn(right));
}

function secretsIn(state: CatalogState): (string | undefined)[] {
  return state.flatMap(({ cluster, branches }) => [
    cluster?.password?.reveal(),
    ...branches.flatMap(({ authQuery, roles }) => [
      authQuery?.password?.reveal(),
      ...roles.map(({ upstream: { login } }) => login && formatLogin(login)),
    ]),
  ]);
}
