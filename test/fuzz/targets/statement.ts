import { deepEqual, equal, ok } from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { loadModule, parseSync } from 'libpg-query';
import { tokensOf } from '../../../src/sql/lexer.ts';
import { asWithoutConformingStrings } from '../../../src/sql/old-strings.ts';
import { readPasswordStatements } from '../../../src/sql/password-statements.ts';
import { couldSetPassword, PasswordWords } from '../../../src/sql/password-words.ts';
import { storedAs } from '../../../src/sql/stored-password.ts';
import type { Target } from '../target.ts';

await loadModule();

/** The text of a Query or Parse, as a client sends it. */
export const statement: Target = {
  maxLength: 4000,
  floorMs: 100,
  run(input) {
    const text = input.subarray(0, input.includes(0) ? input.indexOf(0) : input.length);
    checkTokens(text.toString('latin1'));
    const old = asWithoutConformingStrings(text);
    if (old !== undefined) equal(old.origin(old.text.length), text.length);
    const words = new PasswordWords();
    for (const byte of text) words.feed(Buffer.of(byte));
    ok(words.complete || !couldSetPassword(text), 'words that come byte by byte are overlooked');
    const reading = readPasswordStatements(text);
    for (const passwords of [passwordsIn(text), passwordsIn(old?.text)]) {
      if (passwords.length === 0) continue;
      ok(couldSetPassword(text), 'a password is set without the words for it');
      const found =
        reading.kind === 'read' ? reading.statements.flatMap((each) => each.passwords) : undefined;
      if (found !== undefined)
        for (const password of passwords) ok(found.includes(password), 'a password is overlooked');
    }
    if (isUtf8(text)) storedAs(text.toString());
  },
};

/** They follow each other, and none is empty. */
function checkTokens(text: string): void {
  for (const conforming of [true, false]) {
    let end = 0;
    for (const token of tokensOf(text, conforming)) {
      ok(token.start >= end && token.end > token.start && token.end <= text.length);
      end = token.end;
    }
    deepEqual(text.slice(end).match(/^[^ \t\n\r\f\v/-]/), null, 'something is left over');
  }
}

/** By a search of the whole parse tree that shares nothing with the gate's. */
function passwordsIn(text: Buffer | undefined): (string | null)[] {
  const found: (string | null)[] = [];
  if (text === undefined || text.length === 0 || !isUtf8(text)) return found;
  try {
    JSON.stringify(parseSync(text.toString()), (name, value: Record<string, unknown>) => {
      if (name === 'CreateRoleStmt' || name === 'AlterRoleStmt') found.push(...optionsOf(value['options']));
      return value;
    });
  } catch {
    // What cannot be parsed sets nothing.
  }
  return found;
}

function optionsOf(options: unknown): (string | null)[] {
  if (!Array.isArray(options)) return [];
  return options.flatMap(
    ({ DefElem }: { DefElem: { defname: string; arg?: { String?: { sval?: string } } } }) => {
      if (DefElem.defname !== 'password') return [];
      return [DefElem.arg === undefined ? null : (DefElem.arg.String?.sval ?? '')];
    },
  );
}
