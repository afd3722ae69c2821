import type { Sent } from './sent.ts';
import type { StatementText } from './statement-text.ts';

/**
 * What became of it: `done`; `suspended`, a portal with more rows to fetch; `failed`; `discarded`, never run, as an
 * error before it made PostgreSQL pass over everything up to the next Sync; `unanswered`, sent before the session
 * ended, and whether it ran is not known.
 */
export type StatementOutcome = 'done' | 'suspended' | 'failed' | 'discarded' | 'unanswered';

/** A statement, or a step towards one that failed, and what became of it. */
export interface Followed {
  /**
   * `query`: a simple Query, with all statements in it; `execute`: one of the extended protocol; `call`: a
   * FunctionCall. Others are told only where they failed; at `sync`, what ran before was to be committed.
   */
  readonly step: Exclude<Sent['step'], 'copy-end'>;
  /** Undefined: not known. */
  readonly text: StatementText | undefined;
  /** Values of the Bind, where they are recorded. */
  readonly parameters: readonly string[] | undefined;
  readonly outcome: StatementOutcome;
  /** Command tags in their order, as PostgreSQL sent them; the first 100. */
  readonly tags: readonly string[];
  /** What the tags count together; undefined where none counts. */
  readonly rows: number | undefined;
  readonly sqlstate: string | undefined;
  /** ms from when PostgreSQL could begin with it to its answer. */
  readonly duration: number;
  /** Statements that are not told one by one but have the same outcome; only of `unanswered` ones. */
  readonly more?: number | undefined;
}

const COUNT = /^(?:SELECT|INSERT \d+|UPDATE|DELETE|MERGE|COPY|FETCH|MOVE) (\d+)$/;

/** How many rows a command tag tells of (manual, 54.7 CommandComplete). */
export function rowsOf(tag: string): number | undefined {
  const count = COUNT.exec(tag)?.[1];
  return count === undefined ? undefined : Number(count);
}
