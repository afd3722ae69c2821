import { readFileSync } from 'node:fs';
import t from 'tap';

const story = readFileSync('src/session/connection.ts', 'utf8');
const architecture = readFileSync('ARCHITECTURE.md', 'utf8');

/** The chapters in the order in which serveConnection calls them, as they are written there. */
function chaptersInCode(): string[] {
  const body = story.slice(story.indexOf('{', story.indexOf('serveConnection(')));
  return [...body.matchAll(/(?:new )?\b(\w+)\((?:arrival|visit)\b[^()]*\)/g)].map(([call]) => call);
}

/** The first column of the table under "The life of a connection". */
function chaptersInDocument(): string[] {
  const section = architecture.split('## The life of a connection')[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/^\| `(?:using visit = )?([^`]+)` \|/gm)].map(([, call]) => call ?? '');
}

t.test('The life of a connection in ARCHITECTURE.md matches connection.ts line for line.', async (t) => {
  t.ok(chaptersInCode().length > 8, 'the story was found');
  t.strictSame(chaptersInDocument(), chaptersInCode());
});

t.test('Every file that the life of a connection names is there.', async (t) => {
  const names = [...architecture.matchAll(/`(\w[\w-]*\.ts)`/g)].map(([, name]) => name ?? '');
  t.ok(names.length > 8);
  for (const name of new Set(names)) t.doesNotThrow(() => readFileSync(`src/session/${name}`), name);
});
