import { loadModule } from 'libpg-query';
import { rate } from '../../src/passwords/rate.ts';
import { type Assessors, judge, type PasswordRules, type SqlText } from '../../src/sql/judgement.ts';
import { readPasswordStatements } from '../../src/sql/password-statements.ts';
import { couldSetPassword } from '../../src/sql/password-words.ts';

await loadModule();

export const STRONG = 'g6s7MQgx5ApdPqfJ';
export const WEAK = 'hunter2hunter2';
export const RULES: PasswordRules = { minBits: 60, prehashed: 'refuse' };

/** Everything in one thread; the gate keeps the password of role `app` and of no other. */
export const ASSESSORS: Assessors = {
  read: async (text) => readPasswordStatements(text),
  rate: async (password) => rate(password, {}, RULES.minBits),
  keeps: (role) => role === 'app' || role === undefined,
};

/** The first word of what a client would be told. */
export type Verdict =
  | 'pass'
  | 'weak'
  | 'hashed'
  | 'kept'
  | 'unparsed'
  | 'two-ways'
  | 'encoding'
  | 'not-alone'
  | 'many'
  | 'unchecked';

const BEGINNINGS: readonly (readonly [string, Verdict])[] = [
  ['password is too weak', 'weak'],
  ['a password that is hashed', 'hashed'],
  ['the password of', 'kept'],
  ['a statement that seems', 'unparsed'],
  ['a password is written so', 'two-ways'],
  ['a password cannot be checked in client_encoding', 'encoding'],
  ['a password with letters outside ASCII', 'not-alone'],
  ['more than', 'many'],
  ['a statement that could set a password could not', 'unchecked'],
];

/** What the gate makes of a text, as it does: by a look at its words, and where those are there, by reading it. */
export async function verdictOn(
  sql: string | Buffer,
  {
    text = {},
    rules = {},
    assessors = {},
  }: {
    readonly text?: Partial<SqlText>;
    readonly rules?: Partial<PasswordRules>;
    readonly assessors?: Partial<Assessors>;
  } = {},
): Promise<Verdict> {
  const bytes = Buffer.from(sql);
  if (!couldSetPassword(bytes)) return 'pass';
  const whole = { bytes, encoding: 'UTF8', alone: true, ...text };
  const [first] = await judge(whole, { ...RULES, ...rules }, { ...ASSESSORS, ...assessors });
  if (first === undefined) return 'pass';
  const found = BEGINNINGS.find(([beginning]) => first.fields.message.startsWith(beginning));
  if (found === undefined) throw new Error(`what is this: ${first.fields.message}`);
  return found[1];
}
