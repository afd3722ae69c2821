import t from 'tap';
import type { AdminCallEvent, AuditEvent } from '../../src/audit/events.ts';
import { humanLine } from '../../src/audit/human-line.ts';
import { toOcsf } from '../../src/audit/ocsf.ts';
import { printable } from '../../src/observe/printable.ts';
import { CONNECTION, EVENTS, MANY_REFUSALS, NOON } from '../support/audit-events.ts';

function lineOf(event: AuditEvent | undefined): string {
  if (event === undefined) throw new Error('no event');
  return humanLine(
    JSON.parse(JSON.stringify(toOcsf(event, { time: NOON, uid: 'u', sequence: 1 }))),
    printable,
  );
}

/** The one event of which there are three kinds. */
function codeOf(title: string, { type }: AuditEvent): string {
  if (title.includes('leave')) return 'abandoned';
  return title.includes('upstream cannot') ? 'upstream-failed' : type;
}

t.test('Every event has a line that says when, what, who and why.', async (t) => {
  for (const [title, event] of Object.entries(EVENTS)) {
    const word = codeOf(title, event);
    t.match(lineOf(event), new RegExp(`^2026-11-23T12:00:00.000Z ${word}( |$)`), title);
  }
  t.equal(
    lineOf(EVENTS['A role logs in']),
    '2026-11-23T12:00:00.000Z logged-in          203.0.113.7:51234 app@ep-main-1/orders',
  );
  t.equal(
    lineOf(EVENTS['The upstream cannot be reached']),
    '2026-11-23T12:00:00.000Z upstream-failed    203.0.113.7:51234 app@ep-main-1/orders → app@db.internal:5432 ' +
      '(upstream-unreachable: connect ECONNREFUSED)',
  );
  t.equal(
    lineOf(MANY_REFUSALS),
    '2026-11-23T12:00:00.000Z refused            192.0.2.99/32 admin@ep-main-1 ×1200 (password)',
  );
  t.equal(
    lineOf(EVENTS['An allowlist is changed']),
    '2026-11-23T12:00:00.000Z catalog-changed    at br-main-1 allowlist update ' +
      '["203.0.113.7"] → ["203.0.113.0/24"] (loosens) by an edit of the file',
  );
  t.match(lineOf(EVENTS['A connection is closed']), /cut after 81\.234 s, 1234 B sent, 56789 B received/);
});

t.test('A call of the admin listener tells what was asked, by whom and whence.', async (t) => {
  const event = EVENTS['The admin listener is called'] as AdminCallEvent;
  const asked = 'DELETE /api/portcullis/v1/sessions';
  const of = (other: Partial<AdminCallEvent>): string => lineOf({ ...event, ...other }).slice(25);
  t.equal(of({}), `admin-call         127.0.0.1 ${asked} by ops (200)`);
  t.equal(of({ caller: undefined }), `admin-call         127.0.0.1 ${asked} (200)`);
  t.equal(
    of({ caller: undefined, address: undefined }),
    `admin-call         ${asked} through the Unix socket (200)`,
  );
});

t.test('An IPv6 address stands in brackets before its port.', async (t) => {
  t.match(
    lineOf({ type: 'logged-in', connection: { ...CONNECTION, address: '2001:db8::1' } }),
    / \[2001:db8::1\]:51234 /,
  );
});

t.test('Nothing that a client sent reaches a terminal as it is.', async (t) => {
  const text = '\u001b[2J\r\nroot\u202e\u009b31m';
  const line = lineOf({ type: 'logged-in', connection: { ...CONNECTION, role: text, database: text } });
  t.notMatch(line, /[\p{Cc}\p{Cf}\u2028\u2029]/u);
  t.match(line, /root/);
});

t.test('A record of anybody else is a line, too.', async (t) => {
  t.equal(humanLine({}, printable), 'at an unknown time unknown');
  t.match(
    humanLine({ time: 1e300, metadata: { event_code: '\n' } }, printable),
    /^at an unknown time \\u\{a\}$/,
  );
  t.match(
    humanLine({ time: 0, src_endpoint: { name: 'x' } }, printable),
    /^1970-01-01T00:00:00\.000Z unknown +x$/,
  );
});
