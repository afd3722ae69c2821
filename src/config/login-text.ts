import type { UpstreamLogin } from '../catalog/model.ts';
import { Secret } from '../catalog/secret.ts';
import { formatSaltedKeys, parseSaltedKeys } from '../scram/salted-keys.ts';

/**
 * What is sealed of a login: keys, or the password itself.
 * @throws RangeError for a password that would be taken for keys; rules refuse it before.
 */
export function formatLogin(login: UpstreamLogin): string {
  if ('keys' in login) return formatSaltedKeys(login.keys.reveal());
  const text = login.password.reveal();
  if (parseSaltedKeys(text) !== undefined) throw new RangeError('a password in the form of SCRAM keys');
  return text;
}

/** Reads what `formatLogin` wrote. */
export function parseLogin(text: string): UpstreamLogin {
  const keys = parseSaltedKeys(text);
  return keys === undefined ? { password: new Secret(text) } : { keys: new Secret(keys) };
}
