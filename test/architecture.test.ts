import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t, { type Test as Tap } from 'tap';
import {
  type Floors,
  fileCircles,
  importsUpwards,
  impurities,
  type Purity,
  roomCircles,
  unclearImports,
  undeclaredPackages,
  unknownRooms,
  unnamedPackages,
  unwieldyFiles,
} from './support/architecture-rules.ts';
import { readSource, readSourceTree, type SourceFile } from './support/source-files.ts';

/** The rooms of src/ from the ground up. A file imports its own room, a lower floor, or a neighbour. */
const FLOORS: Floors = [
  ['wire'],
  ['scram', 'allowlist', 'certificates', 'passwords', 'proxy-protocol'],
  ['catalog', 'routing', 'config', 'throttle', 'audit', 'sql', 'detect'],
  ['session', 'upstream', 'legs', 'control', 'provision'],
  ['net', 'store', 'programs', 'trail', 'sinks', 'counters', 'observe', 'admin', 'workers'],
  ['app', 'dev'],
  ['cli'],
  ['main.ts'],
];

/** What the floors of pure rules may import: hashing and text, and packages that compute and do nothing else. */
const PURITY: Purity = {
  floors: 3,
  builtins: new Set([
    'node:buffer',
    'node:crypto',
    'node:path',
    'node:string_decoder',
    'node:url',
    'node:util',
  ]),
  packages: new Set([
    '@mongodb-js/saslprep',
    '@zxcvbn-ts/core',
    'canonicalize',
    '@zxcvbn-ts/language-common',
    '@zxcvbn-ts/language-en',
    'ip-cidr',
    'libpg-query',
    'node-forge',
    'pg-protocol',
    'yaml',
    'zod',
  ]),
  chance: /^(random|getRandomValues|webcrypto)/,
};

const MAX_LINES = 300;

const root = new URL('../', import.meta.url);
const files = readSourceTree(fileURLToPath(new URL('src/', root)));
const manifest: {
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
} = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
const packages = new Set([
  ...Object.keys(manifest.dependencies),
  ...Object.keys(manifest.optionalDependencies),
]);

/** Fails with the problems as they are, one after the other. */
function none(t: Pick<Tap, 'fail' | 'pass'>, problems: readonly string[]): void {
  for (const problem of problems) t.fail(problem);
  if (problems.length === 0) t.pass('nothing to mend');
}

t.test('src/ is read whole.', async (t) => {
  t.ok(files.length > 10, `${files.length} files`);
  t.ok(files.some(({ path, imports }) => path === 'wire/frame-scanner.ts' && imports.length > 0));
});

t.test('Every room has a floor.', async (t) => none(t, unknownRooms(files, FLOORS)));

t.test('No import goes up.', async (t) => none(t, importsUpwards(files, FLOORS)));

t.test('No file leads back to itself.', async (t) => none(t, fileCircles(files)));

t.test('No room leads back to itself.', async (t) => none(t, roomCircles(files)));

t.test('The three lower floors know no sockets, files, clocks or chance.', async (t) =>
  none(t, impurities(files, FLOORS, PURITY)),
);

t.test('Every import says plainly what it imports.', async (t) => none(t, unclearImports(files)));

t.test('src/ runs on dependencies, not on development ones.', async (t) =>
  none(t, undeclaredPackages(files, packages)),
);

t.test('No file is long, and none is a barrel.', async (t) => none(t, unwieldyFiles(files, MAX_LINES)));

t.test('ARCHITECTURE.md names every dependency.', async (t) => {
  const page = new URL('ARCHITECTURE.md', root);
  if (existsSync(page)) none(t, unnamedPackages(packages, readFileSync(page, 'utf8')));
  else t.fail('ARCHITECTURE.md is missing: write it, and name every dependency there with its reason');
});

/** A tree made up for a test: paths and their texts. */
function tree(texts: Record<string, string>): SourceFile[] {
  return Object.entries(texts).map(([path, text]) => readSource(path, text));
}

t.test('A room without a floor is found.', async (t) => {
  t.match(unknownRooms(tree({ 'wire/a.ts': '', 'attic/a.ts': '', 'helper.ts': '' }), FLOORS), [
    /^src\/attic has no floor: add it/,
    /^src\/helper\.ts has no floor: add it/,
  ]);
});

t.test('An import upwards is found, of types, by export and by import() too.', async (t) => {
  const upwards = [
    "import { a } from '../session/a.ts';",
    "import type { A } from '../session/a.ts';",
    "export * from '../session/a.ts';",
    "export type { A } from '../session/a.ts';",
    "const a = await import('../session/a.ts');",
    "let a: import('../session/a.ts').A;",
    "import '../main.ts';",
  ];
  for (const text of upwards) {
    const found = importsUpwards(tree({ 'wire/a.ts': `\n${text}` }), FLOORS);
    t.match(found, [/^src\/wire\/a\.ts:2 imports src\/(session\/a|main)\.ts: wire is on floor 1/], text);
  }
  t.match(importsUpwards(tree({ 'wire/a.ts': "import '../../test/a.ts';" }), FLOORS), [
    /not in src\/: move it/,
  ]);
});

t.test('An import of the own room, of a lower floor or of a neighbour is none.', async (t) => {
  const text =
    "import './b.ts'; import '../wire/a.ts'; import '../upstream/a.ts';\n// import '../cli/a.ts'\n'../cli/a.ts'";
  t.same(importsUpwards(tree({ 'session/a.ts': text, 'main.ts': "import './cli/a.ts';" }), FLOORS), []);
});

t.test('A circle of files is found once, types included.', async (t) => {
  const found = fileCircles(
    tree({
      'wire/a.ts': "import type { B } from './b.ts';",
      'wire/b.ts': "import { c } from './c.ts'; import './d.ts';",
      'wire/c.ts': "export * from './a.ts';",
      'wire/d.ts': '',
    }),
  );
  t.equal(found.length, 1);
  t.match(found, [/wire\/a\.ts → wire\/b\.ts → wire\/c\.ts → wire\/a\.ts: put/]);
  t.match(fileCircles(tree({ 'wire/a.ts': "import './a.ts';" })), [/wire\/a\.ts → wire\/a\.ts/]);
});

t.test('A circle of rooms is found where no file is in one.', async (t) => {
  const rooms = tree({
    'net/a.ts': "import '../store/a.ts';",
    'store/b.ts': "\nimport '../net/b.ts';",
    'store/a.ts': "import './c.ts';",
  });
  t.same(fileCircles(rooms), []);
  t.match(roomCircles(rooms), [
    /net → store → net: turn one of these round \(src\/net\/a\.ts:1 imports src\/store\/a\.ts; src\/store\/b\.ts:2/,
  ]);
});

t.test('Sockets, files, clocks and chance are found on the lower floors and nowhere else.', async (t) => {
  const impure = [
    ...['net', 'tls', 'fs', 'fs/promises', 'http', 'dns', 'child_process', 'timers', 'timers/promises'].map(
      (name) => `import x from 'node:${name}';`,
    ),
    "import pino from 'pino';",
    "import type { Socket } from 'node:net';",
    "import { randomBytes } from 'node:crypto';",
    "import { randomUUID as id } from 'node:crypto';",
    'Date.now();',
    'new Date();',
    'Math.random();',
    'setTimeout(a, 1);',
    'process.env;',
    "fetch('');",
    'crypto.randomUUID();',
  ];
  for (const text of impure) {
    t.match(
      impurities(tree({ 'catalog/a.ts': text }), FLOORS, PURITY),
      [/^src\/catalog\/a\.ts:1 uses/],
      text,
    );
    t.same(impurities(tree({ 'session/a.ts': text }), FLOORS, PURITY), [], text);
  }
  const pure =
    "import { createHash } from 'node:crypto'; import crypto from 'node:crypto'; crypto.hash(a); new Date(0);";
  t.same(
    impurities(tree({ 'scram/a.ts': `${pure} import { z } from 'zod'; a.process.b;` }), FLOORS, PURITY),
    [],
  );
});

t.test('An import without its ending, without node: or without a name is found.', async (t) => {
  for (const name of [
    './b',
    './b.js',
    '../wire',
    'fs',
    'fs/promises',
    '#wire',
    '/wire/a.ts',
    'file:///a.ts',
  ]) {
    t.match(unclearImports(tree({ 'wire/a.ts': `import '${name}';` })), [
      `src/wire/a.ts:1 imports ${name}: `,
    ]);
  }
  t.match(unclearImports(tree({ 'wire/a.ts': 'await import(name);' })), [/\(computed\): name the module/]);
  t.same(unclearImports(tree({ 'wire/a.ts': "import './b.ts'; import '@a/b/c'; import 'node:fs';" })), []);
});

t.test('A development dependency is found, unless only its types are used.', async (t) => {
  const declared = new Set(['yaml', '@a/b']);
  const found = (text: string): string[] => undeclaredPackages(tree({ 'app/a.ts': text }), declared);
  t.match(found("import pg from 'pg';"), [/^src\/app\/a\.ts:1 imports pg: add it to "dependencies"/]);
  t.equal(found("import { type A, b } from 'pg';").length, 1);
  t.equal(found("import a, { type A } from 'pg';").length, 1);
  t.equal(found("import {} from 'pg';").length, 1);
  t.same(
    found("import type { A } from 'pg'; import { type B } from 'pg'; import 'yaml'; import '@a/b/c';"),
    [],
  );
});

t.test('A long file and a barrel are found.', async (t) => {
  t.same(unwieldyFiles(tree({ 'wire/a.ts': 'a\n'.repeat(300), 'wire/b.ts': '' }), 300), []);
  t.match(unwieldyFiles(tree({ 'wire/a.ts': 'a\n'.repeat(301), 'wire/index.ts': '' }), 300), [
    /^src\/wire\/a\.ts has 301 lines, over 300: split it/,
    /^src\/wire\/index\.ts is a barrel/,
  ]);
});

t.test('A package is named by its whole name or by its family, not by a part of another word.', async (t) => {
  const names = ['yaml', 'pino', '@a/x-1', '@a/x-2'];
  t.same(unnamedPackages(names, '**yaml**, `pino`. And @a/x-* for each platform.'), []);
  t.same(unnamedPackages(names, '- [yaml](https://x) (pino), pino@10.4, @a/x-1; `@a/x-2`.'), []);
  t.match(unnamedPackages(names, 'portcullis.yaml pino-pretty @a/x @a/x-11 x-*'), [
    /yaml/,
    /pino/,
    /x-1/,
    /x-2/,
  ]);
});
