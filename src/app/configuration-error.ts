import { formatProblem, type Problem } from '../config/problem.ts';

/** What is configured cannot be run; `problems` holds every reason. The command ends with status 2. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}
