import fc from 'fast-check';
import { parseSync } from 'libpg-query';
import t from 'tap';
import { couldSetPassword } from '../../src/sql/password-words.ts';
import { STRONG, verdictOn } from './judged.ts';
import { statements } from './statements.ts';

/** Every password that a text sets, by a search of the parse tree that shares nothing with the gate's. */
function passwordsIn(text: string): (string | null)[] {
  const found: (string | null)[] = [];
  try {
    JSON.stringify(
      parseSync(text),
      (name, value: { defname?: string; arg?: { String?: { sval?: string } } }) => {
        if (name !== 'DefElem' || value.defname !== 'password') return value;
        found.push(value.arg === undefined ? null : (value.arg.String?.sval ?? ''));
        return value;
      },
    );
  } catch {
    return [];
  }
  return found;
}

/** A rule as quick as it must be for so many, and as strict as one likes. */
const isStrong = (password: string): boolean => password.includes(STRONG);
const rate = async (password: string) => ({
  bits: isStrong(password) ? 100 : 10,
  verdict: isStrong(password) ? ('strong' as const) : ('weak' as const),
  why: 'the test says so',
  suggestion: undefined,
});
const lenient = { rate, keeps: () => false };

t.test(
  'Of 10,000 generated statements none passes that sets a weak password, and no byte of it is overlooked.',
  async (t) => {
    let weak = 0;
    let passed = 0;
    await fc.assert(
      fc.asyncProperty(statements, async ({ sent, read }) => {
        const passwords = passwordsIn(read);
        if (passwords.length > 0 && !couldSetPassword(Buffer.from(sent))) return false;
        const verdict = await verdictOn(sent, { assessors: lenient });
        if (verdict === 'pass') passed += 1;
        if (!passwords.some((password) => password !== null && !isStrong(password))) return true;
        weak += 1;
        return verdict !== 'pass';
      }),
      { numRuns: 10_000 },
    );
    t.ok(weak > 1000, `${weak} set a weak one`);
    t.ok(passed > 1000, `${passed} passed`);
  },
);
