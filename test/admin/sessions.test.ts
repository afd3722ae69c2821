import t from 'tap';
import { answerSessions } from '../../src/admin/sessions.ts';
import { parseAddress } from '../../src/allowlist/address.ts';
import type { Refusal } from '../../src/session/refusals.ts';
import { type Cuttable, Sessions } from '../../src/session/sessions.ts';

/** A session as the admin listener sees it; it remembers why it was cut. */
class Session implements Cuttable {
  readonly record;
  readonly standing: Cuttable['standing'];
  why: Refusal | undefined;

  constructor(id: string, role: string, live = true) {
    const known = { id, role, branch: 'br-main', address: '192.0.2.1', port: 5000 };
    this.record = {
      ...known,
      kind: 'session',
      local: { address: '127.0.0.1', port: 6432 },
      acceptedAt: 0,
      bytesFromClient: 0,
      bytesFromUpstream: 0,
    } as const;
    const address = parseAddress('192.0.2.1');
    if (address === undefined) throw new Error('no address');
    const way = { endpoint: undefined, resetAt: undefined, certificate: undefined };
    const rights = { ...way, upstreamRole: role, replication: false, database: undefined };
    const standing = { projectId: 'p', branchId: 'br-main', address, role, verifier: undefined, ...rights };
    this.standing = live ? standing : undefined;
  }

  cut(why: Refusal): void {
    this.why = why;
  }
}

function three(): { sessions: Sessions; all: readonly Session[] } {
  const sessions = new Sessions();
  const all = [new Session('a', 'app'), new Session('b', 'report'), new Session('c', 'app', false)];
  for (const session of all) sessions.enter(session);
  return { sessions, all };
}

function cutBy(query: string): { status: number; cut: string[] } {
  const { sessions, all } = three();
  const { status } = answerSessions('DELETE', new URLSearchParams(query), sessions);
  return { status, cut: all.filter(({ why }) => why !== undefined).map(({ record }) => record.id) };
}

t.test('Those who are let in are listed, by every name that is given.', async (t) => {
  const { sessions } = three();
  const listed = (query: string): string[] => {
    const { body } = answerSessions('GET', new URLSearchParams(query), sessions);
    const found = JSON.parse(body) as { sessions: { id: string }[] };
    return found.sessions.map(({ id }) => id);
  };
  t.same(listed(''), ['a', 'b']);
  t.same(listed('role=app'), ['a']);
  t.same(listed('role=app&address=::ffff:192.0.2.1'), ['a']);
  t.same(listed('role=app&address=192.0.2.2'), []);
});

t.test('Cut is what is named, and nothing where a name is misspelt or missing.', async (t) => {
  t.same(cutBy('id=b'), { status: 200, cut: ['b'] });
  t.same(cutBy('all=true'), { status: 200, cut: ['a', 'b'] });
  for (const query of [
    '',
    'adress=192.0.2.1',
    'role=app&brunch=x',
    'Role=app',
    'address=nowhere',
    'toString=x',
  ]) {
    t.same(cutBy(query), { status: 400, cut: [] }, query);
  }
});

t.test('Nothing else can be done to sessions.', async (t) => {
  t.equal(answerSessions('POST', new URLSearchParams(), new Sessions()).status, 405);
});
