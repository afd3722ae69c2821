import { reasonOf } from '../certificates/error.ts';
import { errorCode } from '../store/system-error.ts';

/** What is wrong with a certificate or key file, for the log and for `portcullis check`. */
export interface CertificateProblem {
  /** Absolute path. */
  readonly file: string;
  /** One line: what, and the mend. Never key material. */
  readonly message: string;
  /** A warning is served all the same: better an expired certificate than a closed database. */
  readonly severity: 'error' | 'warning';
  /** Whether the reason may pass without a change of the file: no file descriptor was left, a mount did not answer. */
  readonly mayPass?: true;
}

/** What the system says of a file that may be good: errno(3). */
const PASSING: ReadonlySet<string> = new Set([
  'EAGAIN',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ESTALE',
  'ETIMEDOUT',
]);

/** An error as a problem: our own words as they are, the system's and OpenSSL's made short. */
export function errorIn(file: string, error: unknown): CertificateProblem {
  const problem = { file, message: reasonOf(error), severity: 'error' } as const;
  const code = error instanceof Error ? errorCode(error.cause) : undefined;
  return code !== undefined && PASSING.has(code) ? { ...problem, mayPass: true } : problem;
}

/** The certificates cannot be served; `problems` holds every reason, and the warnings with them. */
export class CertificateFilesError extends Error {
  override readonly name = 'CertificateFilesError';
  readonly problems: readonly CertificateProblem[];

  constructor(problems: readonly CertificateProblem[]) {
    const errors = problems.filter((problem) => problem.severity === 'error');
    super(errors.map(({ file, message }) => `${file}: ${message}`).join('; '));
    this.problems = problems;
  }
}
