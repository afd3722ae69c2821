import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { type NamedTest, readThreats, titlesIn } from './threat-table.ts';

const CLONE = new URL('../../', import.meta.url);
const document = readFileSync(new URL('docs/threats.md', CLONE), 'utf8');
const threats = readThreats(document);

const known = new Map<string, ReadonlySet<string> | undefined>();

function titlesOf(file: string): ReadonlySet<string> | undefined {
  const path = new URL(file, CLONE);
  if (!known.has(file)) known.set(file, existsSync(path) ? titlesIn(readFileSync(path, 'utf8')) : undefined);
  return known.get(file);
}

t.test('docs/threats.md has a table with every kind of threat.', async (t) => {
  t.ok(threats.length > 90, `${threats.length} threats`);
  for (const heading of [
    'Before TLS',
    'Startup and login',
    'Hostile or broken upstream',
    'Relay',
    'The house itself',
  ])
    t.match(document, new RegExp(`^## ${heading}$`, 'm'));
});

t.test('Every threat has a test, and says what the client sees.', async (t) => {
  const incomplete = threats.filter(({ tests, sees }) => tests.length === 0 || sees === '');
  t.strictSame(
    incomplete.map(({ what }) => what),
    [],
  );
});

/** Why a test cannot be found, with the mend; undefined where it is there. */
function missing({ file, title }: NamedTest): string | undefined {
  const titles = titlesOf(file);
  const what = `docs/threats.md names “${title}” of ${file}`;
  if (titles === undefined) return `${what}, a file that is not there: mend the row`;
  return titles.has(title) ? undefined : `${what}, and no test there is called so: mend the row`;
}

t.test('Every test that docs/threats.md names is there under its title.', async (t) => {
  const named = threats.flatMap(({ tests }) => tests);
  t.strictSame(named.map(missing).filter(Boolean), []);
  t.ok(named.length > 150, `${named.length} tests`);
});

t.test('Every file of a defence that docs/threats.md names is there.', async (t) => {
  const files = [...new Set(threats.flatMap(({ defences }) => defences))];
  t.strictSame(
    files.filter((file) => !existsSync(new URL(`src/${file}`, CLONE))),
    [],
  );
});

t.test('A table is read row by row, others are left alone.', async (t) => {
  const table = [
    '| what comes | defence | shown by | what the client sees |',
    '| --- | --- | --- | --- |',
    '| one | `a/b.ts`, `c.ts` | `test/x.test.ts` “It holds.”<br>`test/y.test.ts` “It … too.” | 28000 |',
    '| two | — | `test/x.test.ts` “It holds.” | nothing |',
    '',
    '| what comes | why |',
    '| --- | --- |',
    '| three | later |',
  ];
  t.strictSame(readThreats(table.join('\n')), [
    {
      what: 'one',
      defences: ['a/b.ts', 'c.ts'],
      tests: [
        { file: 'test/x.test.ts', title: 'It holds.' },
        { file: 'test/y.test.ts', title: 'It … too.' },
      ],
      sees: '28000',
    },
    { what: 'two', defences: [], tests: [{ file: 'test/x.test.ts', title: 'It holds.' }], sees: 'nothing' },
  ]);
  t.throws(() => readThreats([...table.slice(0, 2), '| one | two |'].join('\n')), /2 cells, not 4/);
});

t.test('Titles are found however they are written.', async (t) => {
  const source = [
    "t.test('Plain.', async () => {});",
    "t.test(\n  'On a line of its own: it\\'s long.',\n",
    't.test("In double quotes: it\'s rare.", f);',
    't.test(`With \\`marks\\`.`, f);',
    `t.test(\`A $\{kind} of $\{size({ a: 1 })}.\`, f);`,
    "const other = 'no title';",
  ].join('\n');
  t.strictSame(
    [...titlesIn(source)],
    [
      'Plain.',
      "On a line of its own: it's long.",
      "In double quotes: it's rare.",
      'With `marks`.',
      'A … of ….',
    ],
  );
});
