import t from 'tap';
import { LenientAdmissions, type Recordable, StrictAdmissions } from '../../src/app/admissions.ts';
import type { AuditEvent } from '../../src/audit/events.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { aRecord } from '../observe/a-record.ts';

const upstream = { host: 'db.internal', port: 5432, role: 'app', database: 'app', pid: 4711 };

function aTrail(commit: Recordable['commit'], obstacle?: string): Recordable {
  return { obstacle, commit };
}

t.test('An admission is three records, of the connection as it is then.', async (t) => {
  const committed: (readonly AuditEvent[])[] = [];
  const trail = aTrail(async (events) => void committed.push(events));
  const record = aRecord({ role: 'app', upstream });
  await new StrictAdmissions(trail).admit(record);
  record.bytesFromClient = 4711;
  t.match(committed, [
    [
      { type: 'connection-opened', connection: { id: 's1', bytesFromClient: 10 } },
      { type: 'logged-in', connection: { role: 'app' } },
      { type: 'upstream-connected', upstream },
    ],
  ]);
});

t.test('Strictly, what cannot be recorded is not let in.', async (t) => {
  const broken = aTrail(() => Promise.reject(new Error('read-only')), 'read-only');
  const admissions = new StrictAdmissions(broken);
  t.equal(admissions.obstacle, 'read-only');
  await t.rejects(admissions.admit(aRecord({ upstream })), { message: 'read-only' });
});

t.test('Leniently it is, and the log says so, once a second.', async (t) => {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger('info', { write: (line) => void lines.push(JSON.parse(line)) });
  const broken = aTrail(() => Promise.reject(new Error('read-only')), 'read-only');
  const admissions = new LenientAdmissions(broken, log);
  t.equal(admissions.obstacle, undefined);
  await admissions.admit(aRecord({ upstream }));
  await admissions.admit(aRecord({ upstream }));
  t.match(lines, [
    { level: 'error', msg: 'sessions let in without a record', why: 'read-only', sessions: 1 },
  ]);
  t.equal(lines.length, 1);
});
