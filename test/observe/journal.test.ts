import t from 'tap';
import { ObservedJournal } from '../../src/observe/journal.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { Metrics } from '../../src/observe/metrics.ts';
import type { ConnectionRecord } from '../../src/session/record.ts';
import { aRecord } from './a-record.ts';

function observed(live: ConnectionRecord[] = []) {
  const lines: Record<string, unknown>[] = [];
  const metrics = new Metrics({
    sessions: () => live.length,
    records: () => live,
    buffered: () => 0,
    certificates: () => [{ file: 'server.crt', notAfter: new Date(1_800_000_000_000) }],
  });
  const log = createLogger('debug', { write: (line) => void lines.push(JSON.parse(line)) });
  return { lines, metrics, journal: new ObservedJournal(log, metrics) };
}

t.test('A refused password is a line, statements are not.', async (t) => {
  const { lines, journal } = observed();
  journal.statement();
  journal.passwordRefused(aRecord({ role: 'a\nb' }), 'of role "x\u001b" it is weak');
  t.match(lines, [{ level: 'info', session: 's1', role: 'a\\u{a}b', why: 'of role "x\\u{1b}" it is weak' }]);
  t.equal(lines.length, 1);
});

t.test('A connection is one line, its client’s text made printable.', async (t) => {
  const { lines, journal } = observed();
  const tls = { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256', servername: 'ep-x\u001b[0m' };
  journal.opened(aRecord());
  journal.ended(
    aRecord({ role: 'a\nb', outcome: 'refused', reason: 'password', detail: 'wrong password', tls }),
  );
  t.equal(lines.length, 2);
  t.match(lines[1], {
    level: 'info',
    msg: 'connection',
    session: 's1',
    address: '192.0.2.1',
    role: 'a\\u{a}b',
    sni: 'ep-x\\u{1b}[0m',
    outcome: 'refused',
    reason: 'password',
    bytes_from_client: 10,
  });
});

t.test('A client certificate is in the line, its name made printable.', async (t) => {
  const { lines, journal } = observed();
  journal.ended(aRecord({ certificate: { commonName: 'app\u001b[0m', fingerprint: 'ab12' } }));
  journal.ended(aRecord({ certificate: { commonName: undefined, fingerprint: 'cd34' } }));
  t.match(lines, [
    { certificate: 'app\\u{1b}[0m', certificate_sha256: 'ab12' },
    { certificate: undefined, certificate_sha256: 'cd34' },
  ]);
});

t.test('Figures count connections by outcome and reason, and bytes of live sessions too.', async (t) => {
  const live: ConnectionRecord[] = [];
  const { metrics, journal } = observed(live);
  journal.ended(
    aRecord({ outcome: 'closed', reason: 'client-left', handshakeMs: 3, loginMs: 5, upstreamConnectMs: 1 }),
  );
  live.push(aRecord({ bytesFromClient: 5, bytesFromUpstream: 7 }));
  const text = await metrics.registry.metrics();
  t.match(text, 'portcullis_connections_total{outcome="closed",reason="client-left"} 1');
  t.match(text, 'portcullis_live_sessions 1');
  t.match(text, 'portcullis_relayed_bytes_total{from="client"} 15');
  t.match(text, 'portcullis_relayed_bytes_total{from="upstream"} 27');
  t.match(text, 'portcullis_handshake_duration_seconds_count 1');
  t.match(text, 'portcullis_login_duration_seconds_count 1');
  t.match(text, 'portcullis_upstream_connect_duration_seconds_count 1');
  t.match(text, 'portcullis_certificate_expiry_timestamp_seconds{cert="server.crt"} 1800000000');
  t.match(text, 'portcullis_nodejs_eventloop_lag_seconds');
  t.equal(await metrics.registry.metrics().then((again) => again.includes('from="client"} 15')), true);
});

t.test('A defect is logged with its stack, a failed cancel with its cause.', async (t) => {
  const { lines, journal } = observed();
  journal.defect(aRecord(), new TypeError('oops'));
  journal.cancelFailed(aRecord(), new Error('no route'));
  t.match(lines[0], { level: 'error', msg: 'defect', stack: /TypeError: oops\n/ });
  t.match(lines[1], { level: 'warn', cause: 'no route' });
});
