import { tokensOf } from './lexer.ts';

/** Statements that begin so are never DDL. */
const NEVER = new Set(
  (
    'insert update delete merge begin start commit end rollback abort savepoint release fetch move close declare ' +
    'deallocate execute copy show set reset discard listen unlisten notify lock vacuum analyze analyse checkpoint ' +
    'call do truncate load reindex'
  ).split(' '),
);
/** These only with the word INTO somewhere. */
const SELECTS = new Set(['select', 'with', 'values', 'table']);
const INTO = /into/i;
const FIRST_WORD = /^\s*([a-z]+)(?![\w$\x80-\xff])/i;
/** No second statement, and nothing that reads in two ways. */
const SINGLE = /^[^;\\]*;?\s*$/;

/** Command tags of statements that `audit: ddl` does not record (manual, 54.7). */
const OTHER_TAG =
  /^(?:|SELECT \d+|INSERT .*|(?:UPDATE|DELETE|MERGE|COPY|FETCH|MOVE) .*|BEGIN|START TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SHOW|SET|RESET|LISTEN|NOTIFY|UNLISTEN|VACUUM|ANALYZE|CALL|DO|TRUNCATE TABLE|LOCK TABLE|DECLARE CURSOR|CLOSE CURSOR(?: ALL)?|PREPARE|DEALLOCATE(?: ALL)?|DISCARD .*|EXPLAIN|CHECKPOINT|SET CONSTRAINTS|LOAD|REINDEX)$/;

/**
 * Whether a text could hold DDL, by a look at the words its statements begin with: so cheap that every text has it. It
 * may be wrong in saying yes, never in saying no. @param text bytes as latin1.
 */
export function couldBeDdl(text: string): boolean {
  const first = FIRST_WORD.exec(text)?.[1]?.toLowerCase();
  if (first !== undefined && SINGLE.test(text)) return couldBegin(first, text);
  if (text.includes('\\')) return true;
  let isFirst = true;
  for (const { kind, start, end } of tokensOf(text, true)) {
    const token = text.slice(start, end);
    if (token === ';') isFirst = true;
    else if (isFirst && token !== '(') {
      if (kind !== 'word' || couldBegin(token.toLowerCase(), text)) return true;
      isFirst = false;
    }
  }
  return false;
}

function couldBegin(word: string, text: string): boolean {
  return SELECTS.has(word) ? INTO.test(text) : !NEVER.has(word);
}

/** Whether tags tell of nothing but what is no DDL, as far as tags can: SELECT INTO has that of a SELECT. */
export function areOthers(tags: readonly string[]): boolean {
  return tags.length > 0 && tags.every((tag) => OTHER_TAG.test(tag));
}
