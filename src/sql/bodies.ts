import { tokensOf } from './lexer.ts';
import { fieldOf, listIn, nodesIn, stringIn } from './tree.ts';

/** Whose bodies are made of SQL statements. Of DO, plpgsql is the default. */
const LANGUAGES = ['plpgsql', 'sql'];

const ROLES = ['role', 'user', 'group'];

/** The bodies of DO, CREATE FUNCTION and CREATE PROCEDURE that stand in a statement as texts. */
export function bodiesIn(statement: unknown): string[] {
  const bodies: string[] = [];
  for (const node of nodesIn(statement)) {
    bodies.push(...bodiesAmong(listIn(fieldOf(node, 'DoStmt'), 'args')));
    bodies.push(...bodiesAmong(listIn(fieldOf(node, 'CreateFunctionStmt'), 'options')));
  }
  return bodies;
}

function bodiesAmong(options: readonly unknown[]): string[] {
  const given = (name: string): unknown =>
    fieldOf(
      options.map((each) => fieldOf(each, 'DefElem')).find((each) => fieldOf(each, 'defname') === name),
      'arg',
    );
  const language = stringIn(given('language'))?.toLowerCase() ?? 'plpgsql';
  const body = given('as');
  if (!LANGUAGES.includes(language) || body === undefined) return [];
  const texts = fieldOf(body, 'List') === undefined ? [body] : listIn(fieldOf(body, 'List'), 'items');
  return texts.map(stringIn).filter((text) => text !== undefined);
}

/**
 * What a body says outright about roles: each CREATE or ALTER with ROLE, USER or GROUP, up to its semicolon; and each
 * literal behind EXECUTE, as it is written. What it puts together when it runs, nobody can see.
 * @param body bytes as latin1.
 */
export function piecesOf(body: string): { readonly statements: string[]; readonly executed: string[] } {
  const statements: string[] = [];
  const executed: string[] = [];
  let start: number | undefined;
  let previous = '';
  let before = 0;
  for (const token of tokensOf(body, true)) {
    const text = body.slice(token.start, token.end);
    const word = token.kind === 'word' ? text.toLowerCase() : text;
    if (previous === 'execute' && isLiteral(text)) executed.push(text);
    if ((previous === 'create' || previous === 'alter') && ROLES.includes(word)) start = before;
    if (word === ';' && start !== undefined) {
      statements.push(body.slice(start, token.start));
      start = undefined;
    }
    previous = word;
    before = token.start;
  }
  return { statements: start === undefined ? statements : [...statements, body.slice(start)], executed };
}

function isLiteral(text: string): boolean {
  return text.endsWith("'") || (text.length > 1 && text.startsWith('$'));
}
