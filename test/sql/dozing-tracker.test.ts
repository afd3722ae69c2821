import fc from 'fast-check';
import t from 'tap';
import { DozingTracker } from '../../src/sql/dozing-tracker.ts';
import type { Followed } from '../../src/sql/followed.ts';
import type { Sent } from '../../src/sql/sent.ts';
import { type StatementText, UNRECORDED } from '../../src/sql/statement-text.ts';
import { StatementTracker } from '../../src/sql/statement-tracker.ts';
import { FRONTEND } from '../../src/wire/frame.ts';
import { bind, describe, execute, query, type Said, sync, text } from './sent-messages.ts';
import { ServerModel } from './server-model.ts';

const TYPES: Readonly<Record<string, number>> = { ...FRONTEND, call: FRONTEND.functionCall };

/** Both trackers, given the same; the dozing one as a tap does it. */
class Pair {
  readonly full: Followed[] = [];
  readonly told: Followed[] = [];
  /** How many messages the dozing one was made to read. */
  read = 0;
  readonly #full = new StatementTracker((followed) => this.full.push(followed));
  readonly #dozing = new DozingTracker((followed) => this.told.push(followed), true);

  /** @param whole whether it is heard whole in any case, as it came behind another one. */
  send(sent: Sent, now: number, whole = false): void {
    this.#full.sends(sent, now);
    const type = TYPES[sent.step] ?? 0;
    if (!whole && this.#dozing.passesBy(type)) return;
    this.read += 1;
    this.#dozing.sends(type, sent, now);
  }

  answer(said: Said, now: number): void {
    const type = said.charCodeAt(0);
    this.#full.answers(type, () => said.slice(2), now);
    if (this.#dozing.answerPassesBy(type)) return;
    this.read += 1;
    this.#dozing.answers(type, () => said.slice(2), now);
  }

  end(now: number): void {
    this.#full.end(now);
    this.#dozing.end(now);
  }
}

const known = (told: readonly Followed[]) => told.filter(({ text }) => text !== undefined);
const prepare = (text: StatementText, statement = ''): Sent => ({ step: 'parse', statement, text });
const unrecorded: Sent = { step: 'query', text: UNRECORDED };

t.test('Whatever is recorded is told as by a tracker that never dozes.', async (t) => {
  const messages = fc.constantFrom('query', 'parse', 'bind', 'describe', 'execute', 'sync');
  const step = fc.record({
    kind: messages,
    name: fc.constantFrom('', '', '', 's'),
    isRecorded: fc.nat(9).map((n) => n === 0),
    fails: fc.nat(5),
    ahead: fc.nat(4),
    whole: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const model = new ServerModel();
      const pair = new Pair();
      let heard = 0;
      for (const [n, { kind, name, isRecorded, fails, ahead, whole }] of steps.entries()) {
        const own = isRecorded ? text(`${n}`) : UNRECORDED;
        const sents: Readonly<Record<string, Sent>> = {
          query: { step: 'query', text: own },
          parse: prepare(own, name),
          bind: bind(name),
          describe,
          execute,
        };
        const sent = sents[kind] ?? sync;
        pair.send(sent, n, whole);
        model.take(sent, fails === 0);
        for (; heard < model.said.length - ahead; heard += 1) pair.answer(model.said[heard] ?? '', n);
      }
      pair.end(999);
      t.strictSame(known(pair.told), known(pair.full));
    }),
    { numRuns: 2000 },
  );
});

t.test('A session without anything to tell is not read, but for its texts.', async (t) => {
  const pair = new Pair();
  pair.send(prepare(UNRECORDED, 's'), 1);
  pair.send(sync, 1);
  for (const said of ['1', 'Z']) pair.answer(said, 1);
  const atFirst = pair.read;
  for (let n = 0; n < 100; n += 1) {
    for (const sent of [bind('s'), describe, execute, sync]) pair.send(sent, n);
    for (const said of ['2', 'T', 'C SELECT 1', 'Z']) pair.answer(said, n);
  }
  t.equal(pair.read, atFirst);
  pair.send(unrecorded, 1);
  for (const said of ['C SELECT 1', 'Z']) pair.answer(said, 1);
  t.equal(pair.read, atFirst + 1);
});

t.test('It wakes in the midst of what is on its way, and dozes again once all is answered.', async (t) => {
  const pair = new Pair();
  for (const sent of [bind('s'), execute, sync, bind('s'), execute, sync]) pair.send(sent, 1);
  for (const said of ['2', 'C SELECT 1', 'Z', '2']) pair.answer(said, 1);
  pair.send(query('create table a ()'), 2);
  for (const said of ['C SELECT 1', 'Z', 'C CREATE TABLE', 'Z']) pair.answer(said, 3);
  t.match(pair.told, [{ text: { shown: 'create table a ()' }, tags: ['CREATE TABLE'], duration: 0 }]);
  const { read } = pair;
  for (const sent of [bind('s'), execute, sync]) pair.send(sent, 4);
  t.equal(pair.read, read);
});

t.test('What is prepared under a name keeps it awake, and so does COPY that nobody answers.', async (t) => {
  const named = new Pair();
  for (const sent of [prepare(text('create table a ()'), 's'), sync]) named.send(sent, 1);
  for (const said of ['1', 'Z']) named.answer(said, 1);
  for (const sent of [bind('s'), execute, sync]) named.send(sent, 2);
  for (const said of ['2', 'E 42P07', 'Z']) named.answer(said, 3);
  t.match(named.told, [{ step: 'execute', outcome: 'failed', text: { shown: 'create table a ()' } }]);
  const copy = new Pair();
  copy.send(unrecorded, 1);
  copy.answer('G', 1);
  for (let n = 0; n < 200; n += 1) copy.send(sync, 1);
  copy.send({ step: 'copy-end' }, 2);
  for (const said of ['C COPY 0', 'Z']) copy.answer(said, 2);
  copy.send(query('create table a ()'), 3);
  for (const said of ['C CREATE TABLE', 'Z']) copy.answer(said, 3);
  t.strictSame(known(copy.told), known(copy.full));
  t.equal(copy.told.length, 1);
});
