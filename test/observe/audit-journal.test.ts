import t from 'tap';
import type { AuditEvent, ConnectionFacts } from '../../src/audit/events.ts';
import { AuditJournal } from '../../src/observe/audit-journal.ts';
import { A_STATEMENT } from '../support/audit-events.ts';
import { aRecord } from './a-record.ts';

function heard() {
  const events: AuditEvent[] = [];
  const refused: ConnectionFacts[] = [];
  const trail = {
    record: (event: AuditEvent) => void events.push(event),
    refused: (connection: ConnectionFacts) => void refused.push(connection),
  };
  return { events, refused, journal: new AuditJournal(trail) };
}

t.test('A session that was let in leaves and closes.', async (t) => {
  const { events, refused, journal } = heard();
  const record = aRecord({
    acceptedAt: performance.now() - 50,
    admittedAt: 1,
    outcome: 'cut',
    reason: 'role',
  });
  journal.opened();
  journal.ended(record);
  t.match(events, [
    { type: 'logged-out', connection: record },
    { type: 'connection-closed', connection: record, duration: Number },
  ]);
  t.ok(events.every((event) => event.type !== 'connection-closed' || event.duration >= 50));
  t.strictSame(refused, []);
});

t.test('One that was not is refused, whoever ended it.', async (t) => {
  const { events, refused, journal } = heard();
  const records = [
    aRecord({ outcome: 'refused', reason: 'password' }),
    aRecord({ outcome: 'abandoned', reason: 'client-left' }),
  ];
  for (const record of records) journal.ended(record);
  t.strictSame(refused, records);
  t.strictSame(events, []);
});

t.test('A cancel request that was passed on is told as such.', async (t) => {
  const { events, journal } = heard();
  const record = aRecord({ kind: 'cancel', outcome: 'canceled' });
  journal.ended(record);
  t.strictSame(events, [{ type: 'canceled', connection: record }]);
});

t.test('Defects and cancels that failed are for the log alone.', async (t) => {
  const { events, refused, journal } = heard();
  journal.defect();
  journal.cancelFailed();
  t.strictSame([...events, ...refused], []);
});

t.test('Statements and refused passwords are on record with their session.', async (t) => {
  const { events, journal } = heard();
  const record = aRecord();
  journal.statement(record, A_STATEMENT);
  journal.passwordRefused(record, 'too weak');
  t.strictSame(events, [
    { type: 'statement', connection: record, statement: A_STATEMENT },
    { type: 'password-refused', connection: record, why: 'too weak' },
  ]);
});
