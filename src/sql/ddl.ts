import { hasSqlDetails, parseSync } from 'libpg-query';
import { fieldOf, listIn } from './tree.ts';

/** What a text is to `audit: ddl`; `unknown`: it could not be parsed, or nobody had time to. */
export type StatementKind = 'ddl' | 'other' | 'unknown';

/**
 * Statements that PostgreSQL does not log with `log_statement = ddl` (GetCommandLogLevel, src/backend/tcop/utility.c);
 * all others are, also those that a newer version adds.
 */
const OTHERS: ReadonlySet<string> = new Set([
  'CallStmt',
  'CheckPointStmt',
  'ClosePortalStmt',
  'ConstraintsSetStmt',
  'CopyStmt',
  'DeallocateStmt',
  'DeclareCursorStmt',
  'DeleteStmt',
  'DiscardStmt',
  'DoStmt',
  'ExecuteStmt',
  'FetchStmt',
  'InsertStmt',
  'ListenStmt',
  'LoadStmt',
  'LockStmt',
  'MergeStmt',
  'NotifyStmt',
  'PrepareStmt',
  'ReindexStmt',
  'TransactionStmt',
  'TruncateStmt',
  'UnlistenStmt',
  'UpdateStmt',
  'VacuumStmt',
  'VariableSetStmt',
  'VariableShowStmt',
]);

/**
 * Whether one of a text's statements changes definitions, by PostgreSQL's own grammar. What runs within DO, functions
 * and procedures is not looked at, as PostgreSQL's log does not.
 * @param text in UTF-8. `loadModule` of libpg-query must have been awaited.
 * @throws where libpg-query fails otherwise than by a syntax error; it may then be beyond use.
 */
export function kindOf(text: string): StatementKind {
  if (text === '') return 'other';
  try {
    const statements = listIn(parseSync(text), 'stmts').map((raw) => fieldOf(raw, 'stmt'));
    return statements.some(isDdl) ? 'ddl' : 'other';
  } catch (error) {
    if (hasSqlDetails(error)) return 'unknown';
    throw error;
  }
}

function isDdl(statement: unknown): boolean {
  const explained = fieldOf(fieldOf(statement, 'ExplainStmt'), 'query');
  if (explained !== undefined) return isDdl(explained);
  const select = fieldOf(statement, 'SelectStmt');
  if (select !== undefined) return makesTable(select);
  const [name] = typeof statement === 'object' && statement !== null ? Object.keys(statement) : [];
  return name === undefined || !OTHERS.has(name);
}

/** SELECT … INTO; of a UNION, the first one's INTO counts. */
function makesTable(select: unknown): boolean {
  for (let each = select; each !== undefined; each = fieldOf(each, 'larg'))
    if (fieldOf(each, 'intoClause') !== undefined) return true;
  return false;
}
