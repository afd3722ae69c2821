import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { writeFile as write } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { apply } from '../../src/catalog/apply.ts';
import type { CatalogState } from '../../src/catalog/find.ts';
import { Rejected } from '../../src/catalog/rejection.ts';
import { formatKeyLine, KEY_BYTES } from '../../src/config/key-ring.ts';
import { formatLogin } from '../../src/config/login-text.ts';
import type { CatalogLocation } from '../../src/config/server-config.ts';
import { carryOut, type Done } from '../../src/control/carry-out.ts';
import { CatalogFileDesk } from '../../src/store/catalog-desk.ts';
import { aCatalogFile } from './a-catalog-file.ts';
import { broken } from './catalog-rules.ts';
import { anyWish, BEGINNING } from './random-commands.ts';

const SEQUENCES = 200;
const COMMANDS = { minLength: 3, maxLength: 8, size: 'max' } as const;
const CHANCE = { now: () => new Date(), randomBytes, randomInt };

t.test('Over 200 sequences of commands no rule is broken, and the file is what the state is.', async (t) => {
  const location = aCatalogFile(t, {
    text: '# mine\nprojects: []\n',
    key: formatKeyLine('k', randomBytes(KEY_BYTES)),
  });
  const seed = await planted(location);
  let carried = 0;
  let rejected = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anyWish(), COMMANDS), async (wishes) => {
      writeFileSync(location.file, seed.text);
      let memory = seed.state;
      for (const wish of wishes) {
        // A desk each, as each command of the CLI has.
        const desk = new CatalogFileDesk(location, { env: {}, write: writeFile });
        const command = wish(memory);
        const text = textOf(location.file);
        const done = await carryOut(desk, command, CHANCE).catch((error: unknown) => error);
        if (done instanceof Rejected) {
          rejected += 1;
          if (/\n/.test(done.message) || textOf(location.file) !== text)
            throw new Error('a rejection left a trace');
          continue;
        }
        if (done instanceof Error) throw done;
        const { events } = done as Done;
        const next = events.reduce(apply, memory);
        const said = broken(memory, command, next);
        if (said.length > 0) throw new Error(`${command.type}: ${said.join(', ')}`);
        memory = next;
        carried += 1;
      }
      const onDisk = new CatalogFileDesk(location, { env: {} }).read();
      if (!isDeepStrictEqual(opened(onDisk), opened(memory))) throw new Error('the file is not the state');
    }),
    { numRuns: SEQUENCES },
  );
  t.ok(carried > SEQUENCES, `${carried} commands were carried out`);
  t.ok(rejected > SEQUENCES, `${rejected} were rejected`);
});

/** The catalog that every sequence begins with. */
async function planted(location: CatalogLocation): Promise<{ text: string; state: CatalogState }> {
  const desk = new CatalogFileDesk(location, { env: {} });
  for (const wish of BEGINNING) await carryOut(desk, wish(desk.read()), CHANCE);
  return { text: textOf(location.file), state: desk.read() };
}

/** Without waiting for the disk, which has its own tests. */
function writeFile(path: string, text: string, mode: number): Promise<void> {
  return write(path, text, { mode });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** With the sealed passwords in the open, which a comparison would not see. */
function opened(state: CatalogState): unknown {
  return state.map((project) => ({
    ...project,
    branches: project.branches.map((branch) => ({
      ...branch,
      roles: branch.roles.map((role) => ({
        ...role,
        upstream: { ...role.upstream, login: role.upstream.login && formatLogin(role.upstream.login) },
      })),
    })),
  }));
}
