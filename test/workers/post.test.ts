import t from 'tap';
import { type Ears, type Line, Post, type PostOptions, Unanswered } from '../../src/workers/post.ts';

const DEAF: Ears = { told: () => {}, asked: () => new Promise(() => {}) };

/** A line that is written at once, as another process would get it. */
function lineTo(other: () => Post): Line {
  return (messages, written) => {
    other().received(structuredClone(messages));
    setImmediate(written);
  };
}

function pair(ears: Ears, options?: PostOptions): { here: Post; there: Post } {
  const here: Post = new Post(
    lineTo(() => there),
    DEAF,
    options,
  );
  const there: Post = new Post(
    lineTo(() => here),
    ears,
  );
  return { here, there };
}

t.test('What is told arrives in order; what is said in one turn goes together.', async (t) => {
  const batches: unknown[][] = [];
  const post = new Post((messages, written) => {
    batches.push([...messages]);
    setImmediate(written);
  }, DEAF);
  for (const n of [1, 2, 3]) post.tell(n);
  await post.written();
  post.tell(4);
  await post.written();
  post.tell(5);
  await Promise.resolve();
  post.tell(6);
  await post.written();
  t.strictSame(
    batches.map((batch) => batch.map((letter) => (letter as unknown[])[1])),
    [[1, 2, 3], [4], [5, 6]],
  );
});

t.test('What is only mentioned waits for something to go along with.', async (t) => {
  const batches: unknown[] = [];
  const post = new Post((messages, written) => {
    batches.push(messages);
    setImmediate(written);
  }, DEAF);
  post.mention('by the way');
  await new Promise(setImmediate);
  t.strictSame(batches, []);
  post.tell('this');
  await post.written();
  t.strictSame(batches, [
    [
      ['t', 'by the way'],
      ['t', 'this'],
    ],
  ]);
  post.close();
  post.mention('too late');
  t.notOk(post.congested);
});

t.test('While a batch is being written, the next gathers.', async (t) => {
  const batches: number[] = [];
  let release = (): void => {};
  const post = new Post((messages, written) => {
    batches.push(messages.length);
    release = written;
  }, DEAF);
  post.tell(1);
  await new Promise(setImmediate);
  for (let n = 0; n < 50; n += 1) post.tell(n);
  await new Promise(setImmediate);
  t.strictSame(batches, [1]);
  release();
  await new Promise(setImmediate);
  t.strictSame(batches, [1, 50]);
});

t.test('A question has its own answer, or says why there is none.', async (t) => {
  const { here } = pair({
    told: () => {},
    asked: async (body) => {
      if (body === 'bad') throw new Error('no such thing');
      return [body];
    },
  });
  t.strictSame(await Promise.all([here.ask('a'), here.ask('b')]), [['a'], ['b']]);
  await t.rejects(here.ask('bad'), new Unanswered('no such thing'));
});

t.test('No answer in time is none, and one that comes later is nobody’s.', async (t) => {
  const answer = Promise.withResolvers<string>();
  const { here } = pair({ told: () => {}, asked: () => answer.promise }, { patience: 20 });
  await t.rejects(here.ask('slow'), /no answer within 20 ms/);
  answer.resolve('late');
  await new Promise(setImmediate);
  t.notOk(here.congested);
});

t.test('A process that does not answer is asked no more than so much.', async (t) => {
  const { here } = pair(DEAF, { maxAsked: 2 });
  const waiting = [here.ask(1), here.ask(2)];
  t.ok(here.congested);
  await t.rejects(here.ask(3), /too many questions/);
  here.close();
  for (const each of waiting) await t.rejects(each, /is gone/);
  await t.rejects(here.ask(4), /is gone/);
  here.tell('nobody');
  await here.written();
});

t.test('What is waiting to be written counts as well.', async (t) => {
  const post = new Post(() => {}, DEAF);
  post.tell('first');
  await new Promise(setImmediate);
  for (let n = 0; n < 3999; n += 1) post.tell(n);
  t.notOk(post.congested);
  post.tell('one more');
  t.ok(post.congested);
});

t.test('What is no letter harms nobody.', async (t) => {
  const told: unknown[] = [];
  const post = new Post(() => {}, { ...DEAF, told: (body) => told.push(body) });
  for (const strange of [undefined, 'x', {}, [undefined], [[]], [['z']], [['a', 7, 1]], [['n', 8, 'x']]])
    post.received(strange);
  post.received([['t', 'good']]);
  t.strictSame(told, ['good']);
});
