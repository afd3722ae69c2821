import type { Duplex } from 'node:stream';
import t from 'tap';
import { message, query } from '../support/frontend-messages.ts';
import { Scene, type SceneWish, verifier } from '../support/scene.ts';
import {
  answerTo,
  expect,
  hang,
  perform,
  type Script,
  type Step,
  scram,
  send,
  welcome,
} from '../support/upstream-steps.ts';

/** In ms: soon over, and far longer than a busy machine needs to pass on a chunk. */
const STALL = 400;
const limits: SceneWish['limits'] = { writeStallTimeout: STALL };

const FRAME = message('d', Buffer.alloc(256 * 1024, 'x'));
/** More than the buffers of the kernel on both legs hold. */
const FRAMES = 160;
const FEWER = 60;

const login: Script = [expect('startup'), scram(verifier), send(welcome())];

/** Writes as fast as it is taken, until all is written or the other side is gone. */
async function pour(stream: Duplex, frames = FRAMES): Promise<void> {
  const gone = new Promise<void>((resolve) => stream.once('close', resolve));
  for (let n = 0; n < frames && !stream.destroyed; n += 1) {
    if (stream.write(FRAME)) continue;
    await Promise.race([gone, new Promise<void>((resolve) => stream.once('drain', resolve))]);
  }
}

const pouring: Step = perform(({ stream }) => pour(stream));

t.test('A client that takes nothing any more is cut, and its statement canceled.', async (t) => {
  await using scene = await Scene.open({ limits, script: [...login, expect('Q'), pouring, hang] });
  const { client } = await scene.session();
  client.stream.pause();
  client.send(query('select much'));
  t.match(await scene.record(), {
    outcome: 'cut',
    reason: 'client-stalled',
    detail: 'terminating connection: the client takes no more data',
  });
  t.equal(scene.upstream.cancels.length, 1);
});

t.test('An upstream that takes nothing any more costs its client the session, with a word.', async (t) => {
  const over = Promise.withResolvers<void>();
  // It hears of its end only once it listens again.
  const deaf: Step = perform(async ({ stream }) => {
    stream.pause();
    await over.promise;
    stream.resume();
  });
  await using scene = await Scene.open({ limits, script: [...login, deaf, hang] });
  const { client } = await scene.session();
  void pour(client.stream);
  t.strictSame(await client.refusal(), {
    severity: 'FATAL',
    sqlstate: '57P01',
    message: 'terminating connection: the upstream takes no more data',
  });
  t.match(await scene.record(), { outcome: 'failed', reason: 'upstream-stalled' });
  over.resolve();
});

t.test('A client that is slow, but takes what comes, is left alone; so is one that is idle.', async (t) => {
  const few: Step = perform(({ stream }) => pour(stream, FEWER));
  const script = [...login, expect('Q'), few, send(answerTo('done')), hang];
  await using scene = await Scene.open({ limits, script });
  const { client: idle } = await scene.session();
  const { client } = await scene.session();
  client.stream.pause();
  client.send(query('select much'));
  const all = FRAME.length * FEWER + answerTo('done').length;
  let taken = 0;
  client.stream.on('data', (chunk: Buffer) => {
    taken += chunk.length;
    client.stream.pause();
    setTimeout(() => client.stream.resume(), 1);
  });
  client.stream.resume();
  while (taken < all && !client.stream.destroyed) await new Promise((resolve) => setTimeout(resolve, 5));
  t.equal(taken, all);
  t.equal(scene.gate.journal.records.length, 0);
  idle.send(query('select 1'));
  await idle.expect('d');
});
