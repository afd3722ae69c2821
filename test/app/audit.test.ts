import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { Audit } from '../../src/app/audit.ts';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import type { AuditConfig } from '../../src/config/audit.ts';
import { until } from '../sinks/syslog-server.ts';
import { auditConfig } from '../support/audit-config.ts';
import { logLines } from '../support/portcullis.ts';

const QUIET = pino({ level: 'silent' });

t.test('Where the kept state of the catalog cannot be read, the trail is given back.', async (t) => {
  const config = auditConfig(join(t.testdir(), 'audit'));
  const kept = join(config.dir, 'catalog.json');
  mkdirSync(kept, { recursive: true, mode: 0o700 });
  for (const _try of [1, 2])
    await t.rejects(Audit.open({ config, log: QUIET }), {
      name: 'TrailError',
      message: `${kept} cannot be read (EISDIR): let this user read it, or delete it`,
    });
  rmSync(kept, { recursive: true });
  const audit = await Audit.open({ config, log: QUIET });
  t.equal(audit.obstacle, undefined);
  await audit.close();
});

/** What the log says of an outage of the trail. */
async function outageTold(t: Test, onFailure: AuditConfig['onFailure']): Promise<string> {
  const config = auditConfig(join(t.testdir(), 'audit'), { onFailure });
  const lines: string[] = [];
  const log = pino({ level: 'error' }, { write: (line) => void lines.push(line) });
  await using audit = await Audit.open({ config, log });
  await audit.begin(new CatalogSnapshot([]));
  rmSync(config.dir, { recursive: true });
  writeFileSync(config.dir, 'no folder');
  await until(() => {
    audit.record({ type: 'started' });
    return lines.length > 0;
  });
  return String(logLines(lines.join(''))[0]?.['msg']);
}

t.test('The log says of an outage what it means for those who log in.', async (t) => {
  t.equal(await outageTold(t, 'refuse'), 'the audit trail cannot be written: nobody is let in');
  t.equal(
    await outageTold(t, 'admit'),
    'the audit trail cannot be written: sessions are let in without a record',
  );
});
