import fc from 'fast-check';
import { literalsOf } from './corpus.ts';
import { STRONG, WEAK } from './judged.ts';

/** A text as it is sent, and as it is to be parsed with the setting of standard_conforming_strings it was made for. */
export interface Generated {
  readonly sent: string;
  readonly read: string;
}

const same = (text: string): Generated => ({ sent: text, read: text });

const space = fc.constantFrom(
  ' ',
  '\n',
  '\t',
  '  ',
  '\r\n',
  '\f',
  '/**/',
  "/*'*/",
  '/* /* */ */',
  '--\n',
  "-- ' $$\n",
  ' /*password*/ ',
  '/*é*/',
);
const cased = (word: string): fc.Arbitrary<Generated> => fc.mixedCase(fc.constant(word)).map(same);
const words = (...all: readonly string[]): fc.Arbitrary<Generated> => fc.oneof(...all.map(cased));
const names = fc
  .constantFrom('bob', '"b""ob"', 'U&"\\0062ob"', 'password', '"password"', 'é', 'current_user')
  .map(same);

type Literals = fc.Arbitrary<Generated>;

const plain: readonly Literals[] = [
  fc
    .constantFrom(...[WEAK, STRONG, 'x', ''].flatMap((each) => (each === '' ? ["''"] : literalsOf(each))))
    .map(same),
  fc.constantFrom(`'${STRONG}'--c\n'x'`, `$é$${WEAK}$é$`, `$a$ $$ ' $a$`, 'null', '$1').map(same),
];
/** A text is read in one setting: a literal that ends in the one goes on in the other. */
const literalsWith = {
  on: fc.oneof(...plain, fc.constantFrom(`'${WEAK}\\'`, `'\\'`, `'\\\\${STRONG}'`, `'a\\b'`).map(same)),
  off: fc.oneof(
    ...plain,
    fc
      .constantFrom(`'\\'${WEAK}'`, `'${WEAK}\\''`, `'\\x68'`, `'\\\\'`, `'${STRONG}\\'--'`)
      .map((sent) => ({ sent, read: ` E${sent}` })),
  ),
};

const spaced = (...parts: readonly fc.Arbitrary<Generated>[]): fc.Arbitrary<Generated> =>
  fc
    .tuple(fc.tuple(...parts), fc.array(space, { minLength: parts.length, maxLength: parts.length }))
    .map(([all, gaps]) => ({
      sent: all.map(({ sent }, i) => `${sent}${gaps[i]}`).join(''),
      read: all.map(({ read }, i) => `${read}${gaps[i]}`).join(''),
    }));

function passwordWith(literals: Literals): fc.Arbitrary<Generated> {
  return fc.oneof(
    spaced(cased('password'), literals),
    spaced(cased('encrypted'), cased('password'), literals),
  );
}

function roleWith(literals: Literals): fc.Arbitrary<Generated> {
  const password = passwordWith(literals);
  const option = fc.oneof(
    words('login', 'createdb', 'noinherit', 'superuser'),
    spaced(cased('connection'), cased('limit'), fc.constant(same('3'))),
    spaced(cased('valid'), cased('until'), literals),
    password,
  );
  return fc.oneof(
    spaced(cased('create'), words('role', 'user', 'group'), names, password, option),
    spaced(cased('alter'), words('role', 'user', 'group'), names, cased('with'), option, password),
    spaced(words('create', 'alter'), words('role', 'user', 'group'), names, password),
  );
}

function otherWith(literals: Literals): fc.Arbitrary<Generated> {
  return fc.oneof(
    spaced(cased('select'), literals),
    spaced(cased('set'), fc.constant(same('standard_conforming_strings = off'))),
    spaced(cased('begin')),
    spaced(cased('do'), fc.constant(same(`$x$ begin alter role bob password '${WEAK}'; end $x$`))),
    spaced(words('create', 'alter', 'password', 'role'), names, literals),
    spaced(cased('comment'), cased('on'), cased('role'), names, cased('is'), literals),
  );
}

function textsWith(literals: Literals): fc.Arbitrary<Generated> {
  const weighted = [
    { weight: 2, arbitrary: roleWith(literals) },
    { weight: 1, arbitrary: otherWith(literals) },
  ];
  return fc.array(fc.oneof(...weighted), { minLength: 1, maxLength: 4 }).map((all) => ({
    sent: all.map(({ sent }) => sent).join(';'),
    read: all.map(({ read }) => read).join(';'),
  }));
}

/** Statements about roles, made of the grammar's own terms, among others, with odd spacing; some are not well-formed. */
export const statements: fc.Arbitrary<Generated> = fc.oneof(
  textsWith(literalsWith.on),
  textsWith(literalsWith.off),
);
