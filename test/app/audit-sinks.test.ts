import { join } from 'node:path';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import t from 'tap';
import { AuditSinks } from '../../src/app/audit-sinks.ts';
import type { AuditConfig } from '../../src/config/audit.ts';
import { watchSinks } from '../../src/observe/sink-metrics.ts';
import { HandmadeTrail } from '../sinks/a-trail.ts';
import { SyslogServer, until } from '../sinks/syslog-server.ts';
import { logLines } from '../support/portcullis.ts';

function configOf(dir: string, parts: Partial<AuditConfig>): AuditConfig {
  return {
    dir,
    retention: 1,
    signingKey: join(dir, '..', 'audit.key'),
    keys: undefined,
    segmentSize: 1,
    segmentAge: 1,
    reserve: 1,
    refusalBudget: 1,
    onFailure: 'refuse',
    stdout: false,
    syslog: undefined,
    ...parts,
  };
}

function syslogAt(port: number): AuditConfig['syslog'] {
  return { host: '127.0.0.1', port, tls: false, ca: undefined, servername: undefined };
}

t.test('Without a sink in the configuration there is none.', async (t) => {
  const trail = await HandmadeTrail.at(t);
  const sinks = AuditSinks.open(configOf(trail.dir, {}), trail, pino({ level: 'silent' }));
  t.same(sinks.states, []);
  await sinks.close();
});

t.test('A gateway that stops hands over what it wrote last.', async (t) => {
  const trail = await HandmadeTrail.at(t);
  const server = await SyslogServer.open(t);
  const config = configOf(trail.dir, { syslog: syslogAt(server.port) });
  const sinks = AuditSinks.open(config, trail, pino({ level: 'silent' }));
  await trail.add(3);
  await sinks.close();
  t.same(server.sequences, [1, 2, 3]);
});

t.test('An outage is in the log, once, and in the metrics; so is its end.', async (t) => {
  const trail = await HandmadeTrail.at(t);
  const server = await SyslogServer.open(t);
  await server.die();
  let text = '';
  const log = pino(
    { level: 'info' },
    {
      write: (line) => {
        text += line;
      },
    },
  );
  const sinks = AuditSinks.open(configOf(trail.dir, { syslog: syslogAt(server.port) }), trail, log);
  t.teardown(() => sinks.close());
  const registry = new Registry();
  watchSinks(registry, () => sinks.states);
  await trail.add(5);
  await until(() => logLines(text).length === 1);
  t.match(logLines(text)[0], { sink: 'syslog', behind: 5, why: /ECONNREFUSED/ });
  t.match(await registry.metrics(), /portcullis_audit_sink_behind_records\{sink="syslog"\} 5\n/);
  t.match(await registry.metrics(), /portcullis_audit_sink_connected\{sink="syslog"\} 0\n/);
  const back = await SyslogServer.open(t, { port: server.port });
  await back.has(1, 5);
  await until(() => logLines(text).length === 2);
  t.match(logLines(text)[1], { sink: 'syslog', behind: 0, msg: 'the audit trail is sent on again' });
  t.match(await registry.metrics(), /portcullis_audit_sink_connected\{sink="syslog"\} 1\n/);
});
