/** What the system says in a code, for the person at the terminal: what is wrong, and the mend. */
const MENDS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the address is in use: stop what listens there, or choose another port',
  EADDRNOTAVAIL: 'this machine does not have that address',
  EACCES: 'not permitted: ports below 1024 are for root, or choose another port',
  ENOTFOUND: 'no such host',
};

/** One line for an error of `listen`; undefined where it is none. */
export function explainListenError(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  if (error.syscall !== 'listen' && error.syscall !== 'getaddrinfo') return undefined;
  const code = String(error.code);
  const where = 'address' in error ? String(error.address) : 'the address';
  const port = 'port' in error ? `:${String(error.port)}` : '';
  return `cannot listen on ${where.includes(':') ? `[${where}]` : where}${port}: ${MENDS[code] ?? code}`;
}
