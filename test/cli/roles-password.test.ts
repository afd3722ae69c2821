import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { formatVerifier, makeVerifier, parseVerifier, type Verifier } from '../../src/scram/verifier.ts';
import { startChild } from '../support/child.ts';
import { CLONE, PLAIN_ENV } from '../support/portcullis.ts';
import { Operator } from './operator.ts';

/** 60 bits and more, unless its parts are names of the branch. */
const STRONG = 'Quuxzorb-Grinfelq-42';

interface WrittenRole {
  readonly name: string;
  readonly verifier?: string;
  readonly verifier_unrated?: boolean;
}

/** An operator who has made a project. */
async function operator(t: Parameters<typeof Operator.at>[0]): Promise<Operator> {
  const made = await Operator.at(t);
  await made.runs('projects create --id shop --upstream postgres://db.internal:5432');
  return made;
}

async function catalogOf({ folder }: Operator): Promise<string> {
  return await readFile(join(folder, 'catalog.yaml'), 'utf8');
}

/** The role as it stands in the catalog, of the branch at this place. */
async function writtenRole(who: Operator, name: string, branch = 0): Promise<WrittenRole> {
  const { projects } = parse(await catalogOf(who)) as {
    projects: { branches: { roles: WrittenRole[] }[] }[];
  };
  const found = projects[0]?.branches[branch]?.roles.find((role) => role.name === name);
  if (found === undefined) throw new Error(`no role ${name}`);
  return found;
}

async function verifierIn(who: Operator, name: string): Promise<Verifier> {
  const verifier = parseVerifier((await writtenRole(who, name)).verifier ?? '');
  if (verifier === undefined) throw new Error(`role ${name} has no verifier`);
  return verifier;
}

async function opens(verifier: Verifier, password: string): Promise<boolean> {
  const { salt, iterations } = verifier;
  return formatVerifier(await makeVerifier(password, salt, iterations)) === formatVerifier(verifier);
}

t.test(
  'A given password becomes a verifier with the branch’s iterations, and is shown nowhere.',
  async (t) => {
    const who = await operator(t);
    const { status, stdout, stderr } = await who.runs(
      'roles create --name app --password-stdin',
      `${STRONG}\n`,
    );
    t.equal(status, 0, stderr);
    t.match(stdout, /^NAME .*\napp .*\n\nUpstream the role needs the same/);
    t.notMatch(stdout + stderr + (await catalogOf(who)), STRONG);
    const first = await verifierIn(who, 'app');
    t.equal(first.iterations, 4096);
    t.ok(await opens(first, STRONG));
    const reset = await who.runs('roles reset-password app --password-stdin --yes -o json', `${STRONG}-2`);
    t.notOk('password' in JSON.parse(reset.stdout), 'whoever gave it knows it');
    const second = await verifierIn(who, 'app');
    t.notOk(second.salt.equals(first.salt));
    t.ok(await opens(second, `${STRONG}-2`));
    t.match(await who.runs('roles reset-password app --yes'), { stdout: /New passwords, shown this once:/ });
  },
);

t.test('A password is the same in NFC and in NFD, and with a space of another kind.', async (t) => {
  const who = await operator(t);
  const text = 'Grünzèug-Quuxzôrb 42';
  for (const [name, form] of [
    ['composed', text.normalize('NFC')],
    ['decomposed', text.normalize('NFD')],
    ['spaced', text.replace(' ', '\u00a0')],
  ] as const) {
    const { stderr } = await who.runs(`roles create --name ${name} --password-stdin`, form);
    t.notMatch(stderr, /too weak/);
    const verifier = await verifierIn(who, name);
    t.ok(await opens(verifier, text.normalize('NFC')), name);
    t.ok(await opens(verifier, text.normalize('NFD')), name);
  }
});

t.test('A weak password is refused with its bits and the mend, and changes nothing.', async (t) => {
  const who = await operator(t);
  const before = await catalogOf(who);
  t.strictSame(await who.runs('roles create --name app --password-stdin', 'Password123!\n'), {
    status: 1,
    stdout: '',
    stderr:
      'portcullis: password is too weak: 17 bits, at least 60 needed; it is built on a common password: ' +
      'add at least 8 random letters and digits, or take one from "portcullis password generate"\n',
  });
  const named = await who.runs('roles create --name quuxzorb-grinfelq --password-stdin', STRONG);
  t.match(named, { status: 1, stderr: /a name that goes with the database/ });
  for (const [input, message] of [
    ['hunter2', /is too weak: it is shorter than 12 characters: take one/],
    ['x'.repeat(129), /is too weak: it is longer than 128 characters/],
    [`${STRONG}\t`, /is too weak: it holds a control character/],
  ] as const) {
    const refused = await who.runs('roles create --name app --password-stdin', input);
    t.match(refused, { status: 1, stdout: '', stderr: message });
    t.notMatch(refused.stderr, input);
  }
  t.equal(await catalogOf(who), before);
});

t.test('What is no password is wrong usage, and is not quoted.', async (t) => {
  const who = await operator(t);
  for (const [input, message] of [
    ['', /no password came/],
    [`${STRONG}\0`, /one line without NUL/],
    [`${STRONG}\n${STRONG}\n`, /one line without NUL/],
    [Buffer.concat([Buffer.from(STRONG), Buffer.of(0xc3)]), /not UTF-8/],
    [STRONG.repeat(100), /at most 1024 bytes/],
  ] as const) {
    const refused = await who.runs('roles create --name app --password-stdin', input);
    t.match(refused, { status: 2, stdout: '', stderr: message });
    t.notMatch(refused.stderr, STRONG);
  }
});

t.test('Rules come first: nobody is asked for a password that could not be set.', async (t) => {
  const who = await operator(t);
  await who.runs('roles create --name app');
  t.match(await who.runs('roles create --name app --password-stdin', 'weak'), {
    status: 1,
    stderr: /has a role app already/,
  });
  t.match(await who.runs('roles reset-password none --password-stdin --yes', 'weak'), {
    stderr: /has no role none/,
  });
  t.match(await who.runs('roles reset-password app --password-stdin', STRONG), {
    status: 2,
    stderr: /There is no terminal to ask on: --yes answers/,
  });
});

t.test(
  'A given verifier is taken only as unrated, and the role bears the mark until a password comes.',
  async (t) => {
    const who = await operator(t);
    const text = formatVerifier(await makeVerifier('weak', Buffer.alloc(16, 7), 4096));
    const create = 'roles create --name app --verifier-stdin';
    t.match(await who.runs(create, text), { status: 2, stderr: /--accept-unrated takes it all the same/ });
    t.equal((await who.runs(`${create} --accept-unrated`, `${text}\n`)).status, 0);
    t.match(await writtenRole(who, 'app'), { verifier: text, verifier_unrated: true });
    t.match(JSON.parse((await who.runs('roles list -o json')).stdout), [
      { name: 'app', verifier_unrated: true },
    ]);
    t.match((await who.runs('roles list')).stdout, /UNRATED.*\napp +yes +yes/);

    await who.runs('branches create --name copy');
    t.match(await writtenRole(who, 'app', 1), { verifier: text, verifier_unrated: true }, 'the same secret');
    await who.runs('branches protect main');
    await who.runs('branches create --name fresh');
    t.notOk('verifier_unrated' in (await writtenRole(who, 'app', 2)), 'a new password');

    await who.runs('roles reset-password app --yes');
    t.notOk('verifier_unrated' in (await writtenRole(who, 'app')));
    await who.runs('roles reset-password app --verifier-stdin --accept-unrated --yes', text);
    t.match(await writtenRole(who, 'app'), { verifier: text, verifier_unrated: true });
    await who.runs('roles reset-password app --password-stdin --yes', STRONG);
    t.notOk('verifier_unrated' in (await writtenRole(who, 'app')));
  },
);

t.test(
  'What is no verifier of PostgreSQL’s is refused without being quoted, and so are flags at odds.',
  async (t) => {
    const who = await operator(t);
    const good = formatVerifier(await makeVerifier(STRONG, Buffer.alloc(16, 7), 4096));
    for (const input of [
      STRONG,
      good.slice(1),
      `${good}=`,
      good.replace('4096', '0'),
      `md5${'0'.repeat(32)}`,
    ]) {
      const refused = await who.runs('roles create --name app --verifier-stdin --accept-unrated', input);
      t.match(refused, {
        status: 2,
        stdout: '',
        stderr: /^portcullis: that is no verifier as PostgreSQL writes it/,
      });
      t.notOk(refused.stderr.includes(input));
    }
    for (const [flags, message] of [
      ['--password-stdin --verifier-stdin', /not both/],
      ['--accept-unrated', /goes with --verifier-stdin/],
      ['--password-stdin --accept-unrated', /goes with --verifier-stdin/],
    ] as const) {
      t.match(await who.runs(`roles create --name app ${flags}`, STRONG), { status: 2, stderr: message });
    }
  },
);

t.test('On a terminal the password is typed twice, and not seen.', async (t) => {
  const who = await operator(t);
  const command = `exec '${process.execPath}' '${join(CLONE, 'bin/portcullis.cjs')}' roles create --name app --password-stdin --dir '${who.folder}'`;
  const env = { ...PLAIN_ENV, TERM: 'dumb' };
  const child = startChild(t, 'script', ['-qec', command, '/dev/null'], { env, open: true });
  await child.until('the first prompt', () => child.stdout.includes('New password: '));
  child.type(`${STRONG}\r`);
  await child.until('the second', () => child.stdout.includes('The same again: '));
  child.type(`${STRONG}\r`);
  const { status, stdout } = await child.ended;
  t.equal(status, 0, stdout);
  t.notMatch(stdout, STRONG);
  t.ok(await opens(await verifierIn(who, 'app'), STRONG));
});
