import t from 'tap';
import { recordIn } from '../../src/sinks/record-in.ts';
import type { TrailRecord } from '../../src/sinks/sink.ts';
import { MAX_MESSAGE, syslogFrame } from '../../src/sinks/syslog-message.ts';
import { HandmadeTrail } from './a-trail.ts';

const SENDER = { hostname: 'gate-1', pid: 42 };

function record(line: string): TrailRecord {
  const found = recordIn(line);
  if (found === undefined) throw new Error('no record');
  return found;
}

function messageOf(each: TrailRecord, sender = SENDER): string {
  const frame = syslogFrame(each, sender);
  const space = frame.indexOf(0x20);
  const message = frame.subarray(space + 1);
  t.equal(frame.toString('latin1', 0, space), String(message.length), 'the length in octets');
  return message.toString();
}

t.test('A record is a message of RFC 5424 whose text is the record as it stands in the file.', async (t) => {
  const trail = await HandmadeTrail.at(t);
  const [line = ''] = trail.make(1);
  const message = messageOf(record(line));
  const severity = record(line).event['severity_id'];
  t.equal(severity, 1, 'informational');
  t.equal(message, `<110>1 2026-11-23T12:00:00.001Z gate-1 portcullis 42 application_lifecycle - ${line}`);
});

t.test('Severity, class and time come from the record; what cannot be told is -.', async (t) => {
  const trail = await HandmadeTrail.at(t);
  const [line = ''] = trail.make(1);
  const made = record(line);
  const header = (changes: object, sender = SENDER): string =>
    messageOf({ ...made, event: { ...made.event, ...changes } }, sender).split(' {')[0] ?? '';
  const severities = [0, 1, 2, 3, 4, 5, 6, 99].map((severity_id) => header({ severity_id }).slice(0, 5));
  t.same(severities, ['<110>', '<110>', '<109>', '<108>', '<107>', '<106>', '<105>', '<110>']);
  t.match(header({ class_uid: 4001 }), / network_activity -$/);
  t.match(header({ class_uid: 9999 }), / portcullis 42 - -$/);
  for (const time of ['today', 1e300, -1e300, 8.64e15]) t.match(header({ time }), /^<110>1 - gate-1 /);
  t.match(header({}, { hostname: 'straße 1\n', pid: 1 }), / strae1 portcullis 1 /);
  t.match(header({}, { hostname: '', pid: 1 }), /Z - portcullis/);
  t.match(header({}, { hostname: 'x'.repeat(300), pid: 1 }), / x{255} portcullis/);
});

t.test('A record that is too large is sent without its largest parts, and says so.', async (t) => {
  const trail = await HandmadeTrail.at(t);
  const [line = ''] = trail.make(1);
  const event = { ...record(line).event, message: 'ü'.repeat(5000), status_detail: 'short' };
  const large = record(JSON.stringify(event));
  const message = messageOf(large);
  t.ok(Buffer.byteLength(message) <= MAX_MESSAGE);
  const sent = JSON.parse(message.slice(message.indexOf('{')));
  t.notOk('message' in sent);
  t.match(sent, {
    class_uid: 6002,
    time: event['time' as keyof typeof event],
    status_detail: 'short',
    app: { name: 'Portcullis' },
    metadata: {
      sequence: 1,
      uid: large.uid,
      is_truncated: true,
      untruncated_size: Buffer.byteLength(large.line),
    },
  });
  const exact = JSON.stringify({ ...record(line).event, message: '' });
  const header = Buffer.byteLength(messageOf(record(exact))) - Buffer.byteLength(exact);
  const fill = (bytes: number): TrailRecord =>
    record(JSON.stringify({ ...record(line).event, message: 'x'.repeat(bytes) }));
  const room = MAX_MESSAGE - header - Buffer.byteLength(exact);
  t.notMatch(messageOf(fill(room)), /is_truncated/);
  t.match(messageOf(fill(room + 1)), /is_truncated/);
});
