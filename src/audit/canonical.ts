import canonicalize from 'canonicalize';
import { objectIn } from './values.ts';

/**
 * A value's one text (RFC 8785, JSON Canonicalization Scheme). Members that are undefined are left out. Where all
 * members stand in their order already, it is what JSON.stringify makes of it, in a sixth of the time.
 */
export function canonical(value: object): string {
  if (isCanonical(value)) return JSON.stringify(value);
  const text = canonicalize(value);
  if (text === undefined) throw new Error('a function or a symbol has no JSON');
  return text;
}

/**
 * Whether members are sorted by UTF-16 units (RFC 8785, 3.2.3), and all values have a text of their own. `for in`,
 * since it makes no list of names.
 */
function isCanonical(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'function' || typeof value === 'symbol') return false;
  if (Array.isArray(value)) return value.every(isCanonical);
  const members = objectIn(value);
  let before = '';
  for (const name in members) {
    if (name < before || name === 'toJSON' || !name.isWellFormed()) return false;
    if (!isCanonical(members[name])) return false;
    before = name;
  }
  return true;
}
