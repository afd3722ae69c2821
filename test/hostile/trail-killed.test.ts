import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { formatVerifier } from '../../src/scram/verifier.ts';
import { login } from '../support/client-login.ts';
import { type RunningGateway, startGateway, startIn } from '../support/gateway.ts';
import { portcullis } from '../support/portcullis.ts';
import { RawClient } from '../support/raw-client.ts';
import { verifier } from '../support/scene.ts';
import { ScriptedUpstream } from '../support/scripted-upstream.ts';
import { size } from '../support/size.ts';
import { recordsIn } from '../support/trail-records.ts';
import { goodScript } from '../support/upstream-steps.ts';

const ROUNDS = size(200, 5);
/** Clients that log in again and again, at the same time. */
const CLIENTS = 8;
/** A round ends at a random moment of this span, in ms. */
const LONGEST_ROUND = 400;

const upstream = await ScriptedUpstream.open({ scripts: [goodScript(verifier)] });
t.teardown(() => upstream.close());

const branch = {
  id: 'br-main',
  name: 'main',
  default: true,
  upstream: { host: upstream.host, port: upstream.port, sslmode: 'disable' },
  roles: [{ name: 'app', verifier: formatVerifier(verifier) }],
};

/** Logs in until the gateway is gone. @returns the names under which it was let in. */
async function loginsUntilGone({ port }: RunningGateway, prefix: string): Promise<string[]> {
  const admitted: string[] = [];
  for (let n = 0; ; n += 1) {
    const name = `${prefix}-${n}`;
    let client: RawClient | undefined;
    try {
      client = await RawClient.connect(port);
      await login(await client.requestTls(), { parameters: { application_name: name } });
      admitted.push(name);
    } catch {
      return admitted;
    } finally {
      client?.destroy();
    }
  }
}

t.test(
  'Whoever was let in is on record, whenever the gateway is killed.',
  { timeout: ROUNDS * 5000 },
  async (t) => {
    const first = await startGateway(t, { projects: [{ id: 'shop', branches: [branch] }] });
    const admitted: string[] = [];
    let gateway = first;
    for (let round = 0; round < ROUNDS; round += 1) {
      const running = Array.from({ length: CLIENTS }, (_, n) => loginsUntilGone(gateway, `r${round}c${n}`));
      await setTimeout(Math.random() * LONGEST_ROUND);
      await gateway.child.leave('SIGKILL');
      for (const names of await Promise.all(running)) admitted.push(...names);
      gateway = await startIn(t, first.dir);
    }
    await gateway.child.leave();
    t.ok(admitted.length > ROUNDS, `${admitted.length} logins`);
    const records = await recordsIn(join(first.dir, 'var/audit'));
    const names = records
      .filter(({ class_uid, activity_id }) => class_uid === 3002 && activity_id === 1)
      .map(
        ({ unmapped }) =>
          (unmapped as { portcullis: { application_name: string } }).portcullis.application_name,
      );
    const recorded = new Set(names);
    t.strictSame(
      admitted.filter((name) => !recorded.has(name)),
      [],
      'nobody is missing',
    );
    const verdict = await portcullis(['audit', 'verify', '--dir', first.dir]);
    t.equal(verdict.status, 0, verdict.stdout + verdict.stderr);
  },
);
