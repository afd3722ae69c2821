import { reasonOf } from '../certificates/error.ts';

/** What is wrong with a certificate or key file, for the log and for `portcullis check`. */
export interface CertificateProblem {
  /** Absolute path. */
  readonly file: string;
  /** One line: what, and the mend. Never key material. */
  readonly message: string;
  /** A warning is served all the same: better an expired certificate than a closed database. */
  readonly severity: 'error' | 'warning';
}

/** An error as a problem: our own words as they are, the system's and OpenSSL's made short. */
export function errorIn(file: string, error: unknown): CertificateProblem {
  return { file, message: reasonOf(error), severity: 'error' };
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
