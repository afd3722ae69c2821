/** What the system says in a code, for the person at the terminal: what is wrong, and the mend. */
const MENDS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the address is in use: stop what listens there, or choose another port',
  EADDRNOTAVAIL: 'this machine does not have that address',
  EACCES: 'not permitted: ports below 1024 are for root, or choose another port',
  ENOTFOUND: 'no such host',
};

/** Calls by which a listener is opened; `bind` where a primary does it for its workers. */
const LISTENING: ReadonlySet<string> = new Set(['listen', 'bind', 'getaddrinfo']);

/** One line for an error of `listen`; undefined where it is none. */
export function explainListenError(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  if (!LISTENING.has(String(error.syscall))) return undefined;
  const code = String(error.code);
  const where = 'address' in error ? String(error.address) : 'the address';
  const port = 'port' in error ? `:${String(error.port)}` : '';
  return `cannot listen on ${where.includes(':') ? `[${where}]` : where}${port}: ${MENDS[code] ?? code}`;
}
