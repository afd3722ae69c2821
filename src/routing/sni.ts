import { foldCase } from '../catalog/names.ts';

/** RFC 1035 2.3.4: at most 253 characters, and the root's dot that some clients send. */
const MAX_NAME_LENGTH = 253;

/** A DNS name whose first label begins `ep-` and goes on; a label has at most 63 characters. */
const ENDPOINT_NAME = /^(ep-[a-z0-9_-]{1,60})(?:\.[a-z0-9_-]{1,63})*$/i;

/**
 * The endpoint in a TLS server name: its first label where that begins `ep-`, in lower case. Any other name
 * counts as none: the gateway's own host names, IP literals (RFC 6066 3 forbids them), and what is no DNS name,
 * over-long or with a NUL in it (Node CVE-2026-21637, CVE-2026-48928, CVE-2026-48934).
 */
export function endpointOfSni(servername: string | undefined): string | undefined {
  const name = servername?.endsWith('.') === true ? servername.slice(0, -1) : servername;
  if (name === undefined || name.length > MAX_NAME_LENGTH) return undefined;
  const label = ENDPOINT_NAME.exec(name)?.[1];
  return label === undefined ? undefined : foldCase(label);
}
