import fc from 'fast-check';
import t from 'tap';
import type { Followed } from '../../src/sql/followed.ts';
import { StatementTracker } from '../../src/sql/statement-tracker.ts';
import { bind, describe, execute, parse, query, sync } from './sent-messages.ts';
import { ServerModel } from './server-model.ts';

t.test(
  'However far the client sends ahead, what ran is told as a server by the manual runs it.',
  async (t) => {
    const messages = fc.constantFrom('query', 'parse', 'bind', 'describe', 'execute', 'sync');
    const step = fc.record({ kind: messages, fails: fc.integer({ min: 0, max: 3 }), ahead: fc.nat(4) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const model = new ServerModel();
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
