/** What is wrong with a certificate, a key or a name, in one line for the person who owns the file. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

/** OpenSSL and BoringSSL write `error:<code>:<library>:…:<reason>`. */
const TLS_LIBRARY_ERROR = /^error:[0-9A-F]+:.*:([^:]+)$/i;

/** An error's message; of OpenSSL's and BoringSSL's the reason alone, in words. Key material stands in none. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const reason = TLS_LIBRARY_ERROR.exec(message)?.[1];
  return reason?.replaceAll('_', ' ').toLowerCase() ?? message;
}
