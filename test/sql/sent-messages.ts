import type { Sent } from '../../src/sql/sent.ts';
import { statementText } from '../../src/sql/statement-text.ts';

/** What a client sends, as the tracker hears it. */
export const text = (sql: string) => statementText(Buffer.from(sql));
export const query = (sql: string): Sent => ({ step: 'query', text: text(sql) });
export const parse = (sql: string, statement = ''): Sent => ({ step: 'parse', statement, text: text(sql) });
export const bind = (statement = '', parameters?: string[]): Sent => ({
  step: 'bind',
  portal: '',
  statement,
  parameters,
});
export const describe: Sent = { step: 'describe' };
export const execute: Sent = { step: 'execute', portal: '' };
export const sync: Sent = { step: 'sync' };
export const copyEnd: Sent = { step: 'copy-end' };

/** A message of PostgreSQL's, as `C INSERT 0 1`. */
export type Said = string;
