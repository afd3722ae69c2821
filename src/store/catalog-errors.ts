import { formatProblem, type Problem } from '../config/problem.ts';

/** The catalog, or what an edit would make of it, cannot be used; `problems` holds every reason. */
export class UnusableCatalog extends Error {
  override readonly name = 'UnusableCatalog';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}

/** The catalog is as it was: it could not be locked or written. The message says why, and the mend. */
export class CatalogNotWritten extends Error {
  override readonly name = 'CatalogNotWritten';
}
