import t from 'tap';
import type { AdmissionRecorder } from '../../src/session/ports.ts';
import type { ConnectionRecord } from '../../src/session/record.ts';
import { draining } from '../../src/session/refusals.ts';
import { answerSasl, sendStartup } from '../support/client-login.ts';
import { Scene } from '../support/scene.ts';
import { RECORDS_ALL } from '../support/test-gate.ts';

const REFUSED = {
  severity: 'FATAL',
  sqlstate: '57P03',
  message: 'the audit trail cannot be written, try again later',
};

function withRecorder(recorder: Partial<AdmissionRecorder>): { parts: { recorder: AdmissionRecorder } } {
  return { parts: { recorder: { ...RECORDS_ALL, ...recorder } } };
}

t.test('AuthenticationOk waits until the admission is durable.', async (t) => {
  const asked = Promise.withResolvers<ConnectionRecord>();
  const durable = Promise.withResolvers<void>();
  const admit = (record: ConnectionRecord): Promise<void> => {
    asked.resolve({ ...record });
    return durable.promise;
  };
  await using scene = await Scene.open(withRecorder({ admit }));
  const client = await scene.tlsClient();
  sendStartup(client);
  await answerSasl(client);
  const record = await asked.promise;
  t.match(record, { role: 'app', branch: 'br-main', endpoint: undefined, mechanism: /^SCRAM-SHA-256/ });
  t.match(record.upstream, { host: '127.0.0.1', role: 'app', database: 'app' });
  t.type(record.upstream?.pid, 'number');
  t.equal((await client.expect('R')).readInt32BE(0), 12, 'the end of SCRAM');
  t.equal(client.inbox.unread.length, 0, 'and nothing after it');
  durable.resolve();
  t.equal((await client.expect('R')).readInt32BE(0), 0);
});

t.test('Nobody is let in whose admission cannot be recorded, and our log says why.', async (t) => {
  const admit = (): Promise<void> => Promise.reject(new Error('no space left'));
  await using scene = await Scene.open(withRecorder({ admit }));
  const client = await scene.tlsClient();
  sendStartup(client);
  await answerSasl(client);
  t.match(await client.refusal(), REFUSED);
  t.match(await scene.record(), { outcome: 'refused', reason: 'audit', detail: 'no space left' });
  t.equal((await scene.record()).admittedAt, undefined);
});

t.test('While nothing can be recorded the upstream is not even asked.', async (t) => {
  await using scene = await Scene.open(withRecorder({ obstacle: 'the directory is read-only' }));
  const client = await scene.tlsClient();
  sendStartup(client);
  await answerSasl(client);
  t.match(await client.refusal(), REFUSED);
  t.match(await scene.record(), { reason: 'audit', detail: 'the directory is read-only' });
  t.equal(scene.upstream.conversations.length, 0);
});

t.test('A wrong password reads the same whether or not anything can be recorded.', async (t) => {
  await using scene = await Scene.open(withRecorder({ obstacle: 'the directory is read-only' }));
  const client = await scene.tlsClient();
  sendStartup(client);
  await answerSasl(client, { password: 'wrong' });
  t.match(await client.refusal(), { sqlstate: '28P01' });
});

t.test('A connection that is cut while its record is written is not let in.', async (t) => {
  const asked = Promise.withResolvers<void>();
  const admit = (): Promise<void> => {
    asked.resolve();
    return new Promise(() => {});
  };
  await using scene = await Scene.open(withRecorder({ admit }));
  const client = await scene.tlsClient();
  sendStartup(client);
  await answerSasl(client);
  await client.expect('R');
  await asked.promise;
  scene.cutAll(draining());
  t.match(await client.refusal(), { sqlstate: '57P01' });
  t.equal((await scene.record()).admittedAt, undefined);
});
