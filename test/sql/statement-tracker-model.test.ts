import fc from 'fast-check';
import t from 'tap';
import type { Followed } from '../../src/sql/followed.ts';
import type { Sent } from '../../src/sql/sent.ts';
import { StatementTracker } from '../../src/sql/statement-tracker.ts';
import { bind, describe, execute, parse, query, type Said, sync } from './sent-messages.ts';

/** A server as the manual tells it: what it answers, and what it says that ran. */
class Model {
  readonly ran: string[] = [];
  readonly said: Said[] = [];
  #skips = false;
  #portal = '?';
  #parsed = '?';

  take(sent: Sent, fails: boolean): void {
    if (sent.step === 'sync') {
      this.#skips = false;
      this.said.push('Z');
    } else if (this.#skips) return;
    else if (sent.step === 'query') {
      this.ran.push(`${fails ? 'failed' : 'done'} ${sent.text?.shown}`);
      this.said.push(fails ? 'E 22012' : 'C X', 'Z');
    } else if (fails) {
      this.#skips = true;
      this.said.push('E 22012');
      if (sent.step === 'execute') this.ran.push(`failed ${this.#portal}`);
    } else this.#extended(sent);
  }

  #extended(sent: Sent): void {
    if (sent.step === 'parse') {
      this.#parsed = sent.text?.shown ?? '';
      this.said.push('1');
    } else if (sent.step === 'bind') {
      this.#portal = this.#parsed;
      this.said.push('2');
    } else if (sent.step === 'execute') {
      this.ran.push(`done ${this.#portal}`);
      this.said.push('C X');
    } else if (sent.step === 'describe') this.said.push('n');
  }
}

t.test(
  'However far the client sends ahead, what ran is told as a server by the manual runs it.',
  async (t) => {
    const messages = fc.constantFrom('query', 'parse', 'bind', 'describe', 'execute', 'sync');
    const step = fc.record({ kind: messages, fails: fc.integer({ min: 0, max: 3 }), ahead: fc.nat(4) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const model = new Model();
        const told: Followed[] = [];
        const tracker = new StatementTracker((followed) => told.push(followed));
        let heard = 0;
        for (const [n, { kind, fails, ahead }] of steps.entries()) {
          const sent =
            { query: query(`${n}`), parse: parse(`${n}`), bind: bind(), describe, execute, sync }[kind] ??
            sync;
          tracker.sends(sent, n);
          model.take(sent, fails === 0);
          for (; heard < model.said.length - ahead; heard += 1) {
            const said = model.said[heard] ?? '';
            tracker.answers(said.charCodeAt(0), () => said.slice(2), n);
          }
        }
        for (const said of model.said.slice(heard))
          tracker.answers(said.charCodeAt(0), () => said.slice(2), 99);
        const ran = told
          .filter(({ step, outcome }) => (step === 'query' || step === 'execute') && outcome !== 'discarded')
          .map(({ outcome, text }) => `${outcome} ${text?.shown ?? '?'}`);
        if (ran.join() !== model.ran.join()) throw new Error(`${ran.join()} instead of ${model.ran.join()}`);
      }),
      { numRuns: 1000 },
    );
    t.pass('it always did');
  },
);
