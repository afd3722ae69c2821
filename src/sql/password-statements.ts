import { isUtf8 } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import { hasSqlDetails, parseSync } from 'libpg-query';
import { bodiesIn, piecesOf } from './bodies.ts';
import { tokensOf } from './lexer.ts';
import { asWithoutConformingStrings } from './old-strings.ts';
import { couldSetPassword } from './password-words.ts';
import type { PasswordStatement, Reading } from './reading.ts';
import { fieldOf, listIn, nodesIn, numberIn, stringIn } from './tree.ts';

/** Nodes of the parse tree (src/include/nodes/parsenodes.h) that can hold a password. */
const KINDS = [
  ['CreateRoleStmt', 'create'],
  ['AlterRoleStmt', 'alter'],
] as const;

/** A function in a function in a function. */
const MAX_DEPTH = 3;

/** A body that cannot be read makes of the whole text one that cannot. */
class Unreadable extends Error {
  override readonly name = 'Unreadable';
  readonly reading: Reading;

  constructor(reading: Reading) {
    super('a body that cannot be read');
    this.reading = reading;
  }
}

/**
 * Reads what a text says about passwords, by PostgreSQL's own grammar, with both settings of
 * standard_conforming_strings: which one counts cannot be known for certain, as one statement of a pipeline may change
 * it for the next. It takes about a second for each MiB: call it through the worker (app/statement-reader.ts).
 * @param text in UTF-8, without its NUL. `loadModule` of libpg-query must have been awaited.
 * @throws where libpg-query fails otherwise than by a syntax error; it may then be beyond use.
 */
export function readPasswordStatements(text: Buffer): Reading {
  try {
    return readAt(text, 0);
  } catch (error) {
    if (error instanceof Unreadable) return error.reading;
    throw error;
  }
}

/** @param depth in how many bodies it stands. */
function readAt(text: Buffer, depth: number): Reading {
  if (!isUtf8(text)) return { kind: 'unreadable', why: 'bytes' };
  const statements = statementsOf(text, depth);
  const old = asWithoutConformingStrings(text);
  if (old === undefined) return statements === undefined ? unparsed(text) : { kind: 'read', statements };
  const oldStatements = statementsOf(old.text, depth)?.map((each) => ({
    ...each,
    start: old.origin(each.start),
    end: old.origin(each.end),
  }));
  if (statements === undefined && oldStatements === undefined) return unparsed(text);
  // What cannot be parsed sets nothing.
  if (statements?.length === 0 && looksHarmless(oldStatements, text, false))
    return { kind: 'read', statements };
  if (oldStatements?.length === 0 && looksHarmless(statements, text, true))
    return { kind: 'read', statements: [] };
  if (!isDeepStrictEqual(statements, oldStatements)) return { kind: 'unreadable', why: 'strings' };
  return { kind: 'read', statements: statements ?? [] };
}

/** Another server's grammar may take what ours does not. */
function unparsed(text: Buffer): Reading {
  if (looksHarmless(undefined, text, true) && looksHarmless(undefined, text, false))
    return { kind: 'read', statements: [] };
  return { kind: 'unreadable', why: 'syntax' };
}

/** @param statements as they were parsed; undefined where that failed. */
function looksHarmless(
  statements: readonly PasswordStatement[] | undefined,
  text: Buffer,
  conforming: boolean,
): boolean {
  return statements === undefined
    ? !hasWordsOfOne(text.toString('latin1'), conforming)
    : statements.length === 0;
}

/** CREATE or ALTER, then at once ROLE, USER or GROUP, and later PASSWORD, all outside literals and comments. */
function hasWordsOfOne(text: string, conforming: boolean): boolean {
  let found = 0;
  for (const { kind, start, end } of tokensOf(text, conforming)) {
    const word = kind === 'word' ? text.slice(start, end).toLowerCase() : '';
    if (found === 2) {
      if (word === 'password') return true;
    } else if (found === 1 && (word === 'role' || word === 'user' || word === 'group')) found = 2;
    else found = word === 'create' || word === 'alter' ? 1 : 0;
  }
  return false;
}

/** @returns undefined on a syntax error. @throws Unreadable */
function statementsOf(text: Buffer, depth: number): PasswordStatement[] | undefined {
  const tree = parse(text.toString('utf8'));
  if (tree === undefined) return undefined;
  const found: PasswordStatement[] = [];
  for (const raw of listIn(tree, 'stmts')) {
    const start = numberIn(raw, 'stmt_location');
    const length = numberIn(raw, 'stmt_len');
    // A length of 0: up to the end (RawStmt).
    const end = length === 0 ? text.length : start + length;
    const statement = fieldOf(raw, 'stmt');
    for (const each of [...passwordsWithin(statement), ...passwordsInBodies(statement, depth)])
      found.push({ ...each, start, end });
  }
  return found;
}

type Place = 'start' | 'end';

/** What bodies of functions say outright. @throws Unreadable */
function passwordsInBodies(statement: unknown, depth: number): Omit<PasswordStatement, Place>[] {
  const bodies = bodiesIn(statement).filter((body) => couldSetPassword(Buffer.from(body)));
  return bodies.flatMap((body) => {
    if (depth === MAX_DEPTH) throw new Unreadable({ kind: 'unreadable', why: 'syntax' });
    const bytes = Buffer.from(body);
    const latin1 = bytes.toString('latin1');
    const { statements, executed } = piecesOf(latin1);
    const pieces = [...statements, ...executed.map(literalValue)].filter((piece) =>
      couldSetPassword(toBytes(piece)),
    );
    // A body is cut into its statements when it runs, with the setting of then.
    if (pieces.length > 0 && asWithoutConformingStrings(bytes) !== undefined)
      throw new Unreadable({ kind: 'unreadable', why: 'strings' });
    return pieces.flatMap((piece) => statementsIn(toBytes(piece), depth + 1));
  });
}

function statementsIn(text: Buffer, depth: number): readonly Omit<PasswordStatement, Place>[] {
  const reading = readAt(text, depth);
  if (reading.kind === 'unreadable') throw new Unreadable(reading);
  return reading.statements;
}

/** What a literal says; both in bytes as latin1. */
function literalValue(literal: string): string {
  const tree = parse(`SELECT ${toBytes(literal).toString('utf8')}`);
  for (const node of nodesIn(tree)) {
    const constant = fieldOf(fieldOf(node, 'A_Const'), 'sval');
    const value = fieldOf(constant, 'sval');
    if (typeof value === 'string') return Buffer.from(value).toString('latin1');
  }
  return '';
}

function toBytes(latin1: string): Buffer {
  return Buffer.from(latin1, 'latin1');
}

function parse(text: string): unknown {
  // libpg-query takes an empty text for a mistake of its caller's.
  if (text === '') return { stmts: [] };
  try {
    return parseSync(text);
  } catch (error) {
    if (hasSqlDetails(error)) return undefined;
    throw error;
  }
}

/** However deep it stands: in the body of a function, say. */
function passwordsWithin(statement: unknown): Omit<PasswordStatement, Place>[] {
  const found: Omit<PasswordStatement, Place>[] = [];
  for (const node of nodesIn(statement)) {
    for (const [name, kind] of KINDS) {
      const inner = fieldOf(node, name);
      const passwords = passwordsOf(inner);
      if (passwords.length > 0) found.push({ kind, role: roleOf(inner), passwords });
    }
  }
  return found;
}

function passwordsOf(statement: unknown): (string | null)[] {
  return listIn(statement, 'options').flatMap((option) => {
    const element = fieldOf(option, 'DefElem');
    if (fieldOf(element, 'defname') !== 'password') return [];
    const given = fieldOf(element, 'arg');
    if (given === undefined) return [null];
    // A parameter, which libpg-query takes and PostgreSQL does not, has no text.
    return [stringIn(given) ?? ''];
  });
}

/** CREATE ROLE names it by a text, ALTER ROLE by a RoleSpec. */
function roleOf(statement: unknown): string | undefined {
  const role = fieldOf(statement, 'role');
  const name = typeof role === 'string' ? role : fieldOf(role, 'rolename');
  return typeof name === 'string' ? name : undefined;
}
