import type { TestPostgres } from '../support/postgres.ts';

/** A server that logs every statement, a line each, with the backend's pid and the SQLSTATE. */
export const LOG_ALL = {
  log_statement: 'all',
  log_line_prefix: '#%p %e ',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'error',
};

/** One statement as the server's log or the record tells it. */
export interface Told {
  readonly text: string;
  readonly sqlstate: string;
}

const LINE = /^#(\d+) (\w{5}) (\w+): {2}(.*)$/;
const LOGGED = /^(?:statement|execute (?:fetch from )?[^:]*): (.*)$|^(fastpath function call: .*)$/;

/**
 * What PostgreSQL logged of a backend. An error counts to the statement that was logged last, where it names that: what
 * fails in Parse or Bind was not logged as run.
 */
export function loggedBy(postgres: TestPostgres, pid: number): Told[] {
  const told: { text: string; sqlstate: string }[] = [];
  let error = '';
  for (const line of postgres.logged) {
    const [, who, sqlstate = '', level, text = ''] = LINE.exec(line) ?? [];
    if (Number(who) !== pid) continue;
    const last = told.at(-1);
    const statement = LOGGED.exec(text);
    if (level === 'LOG' && statement !== null)
      told.push({ text: (statement[1] ?? statement[2] ?? '').trim(), sqlstate: '' });
    else if (level === 'ERROR') error = sqlstate;
    else if (level === 'STATEMENT' && last?.text === text.trim() && last.sqlstate === '')
      last.sqlstate = error;
  }
  return told;
}
