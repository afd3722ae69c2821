import { loadModule } from 'libpg-query';
import t from 'tap';
import { DEFAULT_SQL_RULES } from '../../src/catalog/model.ts';
import { HeldBytes } from '../../src/session/held-bytes.ts';
import type { PasswordAssessor } from '../../src/session/ports.ts';
import { killed } from '../../src/session/refusals.ts';
import { readPasswordStatements } from '../../src/sql/password-statements.ts';
import { message, query, sync, terminate } from '../support/frontend-messages.ts';
import { errorSeen, type RawClient } from '../support/raw-client.ts';
import { Scene, type SceneWish, verifier } from '../support/scene.ts';
import {
  answerTo,
  echo,
  expect,
  hang,
  ok,
  parameter,
  perform,
  ready,
  type Script,
  scram,
  send,
} from '../support/upstream-steps.ts';

await loadModule();

const STRONG = "ALTER ROLE bob PASSWORD 'strong'";
const WEAK = "ALTER ROLE bob PASSWORD 'weak'";

/** Reads as the gateway does; all but `strong` is weak. */
const PASSWORDS: PasswordAssessor = {
  read: async (text) => readPasswordStatements(text),
  rate: async (password) =>
    password === 'strong'
      ? { bits: 99, verdict: 'strong', why: 'it is', suggestion: undefined }
      : { bits: 1, verdict: 'weak', why: 'it is not', suggestion: undefined },
};

const login = (encoding = 'UTF8'): Script => [
  expect('startup'),
  scram(verifier),
  send(ok, parameter('client_encoding', encoding), ready),
];

/** Answers each Query with its own text, but for the gate's replacement: with PostgreSQL's error for that. */
const server = perform(async (conversation) => {
  for (;;) {
    const { type, body } = await conversation.readFrame();
    if (type === 'X'.charCodeAt(0)) return conversation.end();
    const text = body.toString('utf8', 0, body.length - 1);
    if (text.includes('\0')) conversation.send(errorOf('08P01', 'invalid message format'), ready);
    else {
      const number = / CONNECTION LIMIT (-\d+)/.exec(text)?.[1];
      conversation.send(
        number === undefined
          ? answerTo(text)
          : Buffer.concat([errorOf('22023', `invalid connection limit: ${number}`), ready]),
      );
    }
  }
});

const errorOf = (sqlstate: string, text: string): Buffer =>
  message('E', `SERROR\0VERROR\0C${sqlstate}\0M${text}\0Fuser.c\0\0`);

async function open(wish: SceneWish = {}): Promise<Scene> {
  const { parts, ...others } = wish;
  return await Scene.open({
    script: [...login(), server],
    ...others,
    parts: { passwords: PASSWORDS, ...parts },
  });
}

/** What comes up to ReadyForQuery: the row, or the error's text. */
async function answer(client: RawClient): Promise<string> {
  for (let said = ''; ; ) {
    const { type, body } = await client.readFrame();
    if (type === 'Z'.charCodeAt(0)) return said;
    if (type === 'E'.charCodeAt(0)) said = errorSeen(body).message ?? '';
    if (type === 'D'.charCodeAt(0)) said = body.toString('utf8', 6);
  }
}

t.test(
  'A weak password goes nowhere, a strong one goes on, and all around them keeps its order.',
  async (t) => {
    await using scene = await open();
    const { client } = await scene.session();
    client.send(query('select 1'), query(WEAK), query('select 2'), query(STRONG), query(`${WEAK}; select 3`));
    const said = [];
    for (let n = 0; n < 5; n += 1) said.push(await answer(client));
    const weak = 'password is too weak: 1 bits, at least 60 needed';
    t.strictSame(said, ['select 1', weak, 'select 2', STRONG, weak]);
    const sent = scene.upstream
      .conversation()
      .frames.map(({ body }) => body.toString())
      .join();
    t.notMatch(sent, /'weak'/);
    t.strictSame(scene.gate.journal.refusedPasswords, [weak, weak]);
  },
);

t.test('An error of ours is reworded also where it comes byte by byte.', async (t) => {
  const trickled = perform(async (conversation) => {
    const { body } = await conversation.readFrame();
    const number = /-\d+/.exec(body.toString())?.[0];
    const bytes = Buffer.concat([
      parameter('a', 'b'),
      errorOf('22023', `limit: ${number}`),
      errorOf('22023', 'other'),
      ready,
    ]);
    for (const byte of bytes) {
      conversation.send(Buffer.of(byte));
      await new Promise(setImmediate);
    }
  });
  await using scene = await open({ script: [...login(), trickled, hang] });
  const { client } = await scene.session();
  client.send(query(WEAK));
  t.equal((await client.expect('S')).toString(), 'a\0b\0');
  t.match(errorSeen(await client.expect('E')), { sqlstate: '22023', message: /^password is too weak/ });
  t.match(errorSeen(await client.expect('E')), { message: 'other' });
  await client.expect('Z');
});

t.test('The encoding is followed as the upstream tells it.', async (t) => {
  const changes = perform(async (conversation) => {
    await conversation.readFrame();
    conversation.send(
      parameter('client_encoding', 'SJIS'),
      parameter('x'.repeat(300), 'y'),
      message('S', 'odd'),
      ready,
    );
  });
  await using scene = await open({ script: [...login(), changes, server] });
  const { client } = await scene.session();
  client.send(query('set'));
  t.equal(await answer(client), '');
  client.send(query(STRONG));
  t.equal(await answer(client), 'a password cannot be checked in client_encoding SJIS');
});

t.test('Outside ASCII a password is judged only when all before it was answered.', async (t) => {
  await using scene = await open();
  const { client } = await scene.session();
  const sql = `${STRONG} -- é`;
  client.send(query(sql));
  t.equal(await answer(client), sql);
  client.send(query('select 1'), query(sql));
  t.equal(await answer(client), 'select 1');
  t.match(await answer(client), /^a password with letters outside ASCII/);
});

t.test(
  'A large message is held back as long as there is room, and else made unreadable if it sets a password.',
  async (t) => {
    const comment = `/*${'x'.repeat(200_000)}*/`;
    await using roomy = await open();
    const { client } = await roomy.session();
    client.send(query(`${comment}${WEAK}`));
    t.match(await answer(client), /^password is too weak/);
    client.send(query(`${comment}${STRONG}`));
    t.equal(await answer(client), `${comment}${STRONG}`);
    await using full = await open({ parts: { heldBytes: new HeldBytes(100_000) } });
    const crowded = await full.session();
    crowded.client.send(query(`${comment}${STRONG}`));
    t.equal(await answer(crowded.client), 'a statement that could set a password is too large to be checked');
    crowded.client.send(query(`${comment}select 1`));
    t.equal(await answer(crowded.client), `${comment}select 1`);
    const [spoilt] = full.upstream.conversation().frames.slice(2);
    t.equal(spoilt?.body.length, comment.length + STRONG.length + 1, 'as long as it was declared');
    t.notMatch(spoilt?.body.toString('latin1'), /strong/);
  },
);

t.test('Room for large messages is free again once they went on, or their client has gone.', async (t) => {
  const heldBytes = new HeldBytes(300_000);
  {
    await using scene = await open({ parts: { heldBytes } });
    const large = query(`/*${'x'.repeat(200_000)}*/`);
    const { client } = await scene.session();
    client.send(large);
    t.equal((await answer(client)).length, large.length - 6);
    const left = await scene.session();
    left.client.send(large.subarray(0, 150_000));
    await new Promise((resolve) => setTimeout(resolve, 50));
    left.client.reset();
    client.send(terminate);
    client.end();
  }
  t.ok(heldBytes.reserve(300_000));
});

t.test('A judge that fails refuses, and the journal hears of it.', async (t) => {
  const passwords = { ...PASSWORDS, read: () => Promise.reject(new Error('the reader broke')) };
  await using scene = await open({ parts: { passwords }, defects: true });
  const { client } = await scene.session();
  client.send(query(STRONG));
  t.equal(await answer(client), 'a statement that could set a password could not be checked');
  t.match(scene.gate.journal.defects, [{ message: 'the reader broke' }]);
});

t.test('A session that is cut or left while it waits for a verdict sends nothing more.', async (t) => {
  const verdict = Promise.withResolvers<void>();
  const passwords = {
    ...PASSWORDS,
    read: async (text: Buffer) => {
      await verdict.promise;
      return readPasswordStatements(text);
    },
  };
  await using scene = await open({ parts: { passwords } });
  const [cut, left] = [(await scene.session()).client, (await scene.session()).client];
  for (const client of [cut, left]) client.send(query(STRONG));
  await new Promise((resolve) => setTimeout(resolve, 50));
  left.reset();
  scene.cutAll(killed());
  t.match(await cut.refusal(), { sqlstate: '57P01' });
  verdict.resolve();
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (const n of [0, 1])
    t.notOk(scene.upstream.conversation(n).frames.some(({ type }) => type === 'Q'.charCodeAt(0)));
});

t.test('A malformed message is the upstream’s to refuse.', async (t) => {
  await using scene = await open({ script: [...login(), expect('P'), send(ready), echo] });
  const { client } = await scene.session();
  const odd = message('P', `x${STRONG}`);
  client.send(odd);
  await client.expect('Z');
  t.strictSame(scene.upstream.conversation().frames.at(-1)?.body, odd.subarray(5));
});

t.test('A branch that has it off is not looked at.', async (t) => {
  const sql = { ...DEFAULT_SQL_RULES, passwordMinBits: undefined };
  const read = () => Promise.reject(new Error('nobody asked'));
  await using scene = await open({ branch: { sql }, parts: { passwords: { ...PASSWORDS, read } } });
  const { client } = await scene.session();
  client.send(query(WEAK), sync);
  t.equal(await answer(client), WEAK);
});
