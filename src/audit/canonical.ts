import canonicalize from 'canonicalize';

/** A value's one text (RFC 8785, JSON Canonicalization Scheme). Members that are undefined are left out. */
export function canonical(value: object): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error('a function or a symbol has no JSON');
  return text;
}
