import { join } from 'node:path';
import t, { type Test } from 'tap';
import { login } from '../support/client-login.ts';
import { query } from '../support/frontend-messages.ts';
import { portcullis } from '../support/portcullis.ts';
import { RawClient } from '../support/raw-client.ts';
import { recordsIn, type TrailRecord } from '../support/trail-records.ts';
import { lives, until, WorkersScene } from '../support/workers.ts';

const SESSIONS = 24;
/** Clients that log in again and again, at the same time. */
const CLIENTS = 4;

/** Clients that come and go, and what became of them. */
class Load {
  /** Names of those who were let in, */
  readonly admitted: string[] = [];
  /** and what others met. */
  readonly failed: string[] = [];
  #over = false;
  readonly #clients: Promise<void>[];

  constructor(port: number) {
    this.#clients = Array.from({ length: CLIENTS }, (_, n) => this.#comeAndGo(port, `load${n}`));
  }

  async more(count: number): Promise<void> {
    const wanted = this.admitted.length + count;
    await until(`${count} more logins`, () => this.admitted.length >= wanted);
  }

  async end(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#clients);
  }

  async #comeAndGo(port: number, prefix: string): Promise<void> {
    for (let n = 0; !this.#over; n += 1) {
      let client: RawClient | undefined;
      try {
        client = await RawClient.connect(port);
        await login(await client.requestTls(), { parameters: { application_name: `${prefix}-${n}` } });
        this.admitted.push(`${prefix}-${n}`);
      } catch (error) {
        this.failed.push(String(error));
      } finally {
        client?.destroy();
      }
    }
  }
}

interface Told {
  readonly application_name?: string;
}

/** Application names of the logins (1) or logouts (2) in a trail. */
function namesOf(records: readonly TrailRecord[], activity: 1 | 2): string[] {
  return records
    .filter(({ class_uid, activity_id }) => class_uid === 3002 && activity_id === activity)
    .map(({ unmapped }) => (unmapped as { portcullis: Told }).portcullis.application_name ?? '')
    .sort();
}

async function verified(t: Test, dir: string): Promise<void> {
  const verdict = await portcullis(['audit', 'verify', '--dir', dir]);
  t.equal(verdict.status, 0, verdict.stdout + verdict.stderr);
}

t.test('A worker that is killed under load takes its own sessions with it and no others.', async (t) => {
  const role = { connection_limit: SESSIONS + CLIENTS };
  const scene = await WorkersScene.open(t, { drain: '5s' }, role);
  const { gateway } = scene;
  const sessions = await scene.sessions(SESSIONS, 'stays');
  const load = new Load(gateway.port);
  await load.more(10);
  const [victim = 0, other = 0] = scene.workers;
  process.kill(victim, 'SIGKILL');
  const line = await gateway.logged('the loss', ({ msg }) => msg === 'a worker ended by itself');
  t.match(line, { level: 'error', signal: 'SIGKILL' });
  await gateway.logged('the new worker', ({ msg }) => msg === 'a worker was replaced');
  t.ok(lives(other));
  t.equal(scene.workers.length, 2);
  await load.more(10);
  await load.end();
  const lost: number[] = [];
  for (const [n, { client }] of sessions.entries()) {
    client.send(query('select 1'));
    try {
      for (const letter of 'TDCZ') await client.expect(letter);
    } catch {
      lost.push(n);
    }
  }
  t.ok(lost.length < SESSIONS, `${lost.length} were lost, the others answer`);
  const toldLost = (): number => gateway.log().filter(({ reason }) => reason === 'worker-lost').length;
  t.ok(toldLost() >= lost.length, 'each is told of');
  // Their seats are free: as many as before are let in besides those that stayed.
  await scene.sessions(lost.length, 'again');
  await gateway.child.leave();
  const records = await recordsIn(join(gateway.dir, 'var/audit'));
  const logins = namesOf(records, 1);
  const recorded = new Set(logins);
  t.strictSame(
    load.admitted.filter((name) => !recorded.has(name)),
    [],
    'nobody who was let in is missing',
  );
  t.strictSame(namesOf(records, 2), logins, 'every login has its end');
  await verified(t, gateway.dir);
});

t.test('Workers end with their primary at once, whoever they serve.', async (t) => {
  const scene = await WorkersScene.open(t);
  const { gateway, workers } = scene;
  const sessions = await scene.sessions(8);
  process.kill(gateway.child.pid, 'SIGKILL');
  await until('their end', () => !workers.some(lives));
  for (const { client } of sessions) t.equal((await client.closed()).length, 0);
  await t.rejects(RawClient.connect(gateway.port), /ECONNREFUSED/);
  await verified(t, gateway.dir);
});

t.test('SIGUSR2 replaces every worker, and refuses no connection meanwhile.', async (t) => {
  const scene = await WorkersScene.open(t, { drain: '300ms' });
  const { gateway, workers: before } = scene;
  const idle = await scene.sessions(8, 'idle');
  const load = new Load(gateway.port);
  await load.more(5);
  process.kill(gateway.child.pid, 'SIGUSR2');
  await gateway.logged('the restart', ({ msg }) => msg === 'workers were replaced');
  const after = scene.workers;
  await load.more(5);
  await load.end();
  t.equal(after.length, 2);
  t.notOk(before.some(lives), 'the old ones are gone');
  // Who was on the way in when the patience of the old ones ended was told so, in TLS, or was let in.
  const words = load.failed.filter((why) => !/57P01|administrator command/.test(why));
  t.strictSame(words, [], 'nobody was refused or reset');
  for (const { client } of idle) t.match(await client.refusal(), { sqlstate: '57P01' });
  const ended = gateway.log().filter(({ msg }) => msg === 'a worker ended by itself');
  t.strictSame(ended, []);
  const totals = await (await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`)).text();
  const counted = /^portcullis_login_duration_seconds_count (\d+)$/m.exec(totals)?.[1];
  t.ok(Number(counted) >= load.admitted.length + idle.length, 'what the old ones counted stays in the sums');
  await gateway.child.leave();
  const records = await recordsIn(join(gateway.dir, 'var/audit'));
  t.strictSame(namesOf(records, 2), namesOf(records, 1), 'every login has its end');
  await verified(t, gateway.dir);
});

t.test('With one process, SIGUSR2 is heard and changes nothing.', async (t) => {
  const scene = await WorkersScene.open(t, { workers: 1 });
  process.kill(scene.gateway.child.pid, 'SIGUSR2');
  await scene.gateway.logged('the answer', ({ msg }) => /no workers to replace/.test(String(msg)));
  await scene.sessions(1);
  t.strictSame(scene.workers, []);
});
