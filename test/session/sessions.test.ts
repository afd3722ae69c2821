import t from 'tap';
import type { ConnectionRecord } from '../../src/session/record.ts';
import { draining, type Refusal } from '../../src/session/refusals.ts';
import { type Cuttable, Sessions } from '../../src/session/sessions.ts';

function aSession(id: string, cuts: string[] = [], onCut: () => void = () => {}): Cuttable {
  const record: ConnectionRecord = {
    id,
    address: '192.0.2.1',
    port: 1,
    local: { address: '127.0.0.1', port: 6432 },
    acceptedAt: 0,
    kind: 'session',
    bytesFromClient: 0,
    bytesFromUpstream: 0,
  };
  const cut = (why: Refusal): void => {
    cuts.push(`${id}: ${why.reason}`);
    onCut();
  };
  return { record, standing: undefined, cut };
}

t.test('Whoever has come and not gone is counted and listed.', async (t) => {
  const sessions = new Sessions();
  const leave = sessions.enter(aSession('one'));
  sessions.enter(aSession('two'));
  t.equal(sessions.size, 2);
  t.strictSame(
    [...sessions.records()].map(({ id }) => id),
    ['one', 'two'],
  );
  leave();
  leave();
  t.equal(sessions.size, 1);
});

t.test('Those are cut for which there is a reason, also where one leaves at its cut.', async (t) => {
  const sessions = new Sessions();
  const cuts: string[] = [];
  const leave = sessions.enter(aSession('one', cuts, () => leave()));
  sessions.enter(aSession('two', cuts));
  sessions.enter(aSession('three', cuts));
  const cut = sessions.cutWhere(({ record }) => (record.id === 'two' ? undefined : draining()));
  t.strictSame(cuts, ['one: drain', 'three: drain']);
  t.strictSame(
    cut.map(({ record }) => record.id),
    ['one', 'three'],
  );
  t.equal(sessions.size, 2);
});

t.test('That nobody is left is told to everyone who waits for it, once it is so.', async (t) => {
  const sessions = new Sessions();
  await sessions.empty();
  const leave = [sessions.enter(aSession('one')), sessions.enter(aSession('two'))];
  let told = 0;
  const waiting = [1, 2, 3].map(() => sessions.empty().then(() => (told += 1)));
  leave[0]?.();
  await new Promise(setImmediate);
  t.equal(told, 0);
  leave[1]?.();
  await Promise.all(waiting);
  t.equal(told, 3);
});
