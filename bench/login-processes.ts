import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allowlistFrom } from '../src/allowlist/entries.ts';
import { Audit } from '../src/app/audit.ts';
import { Gateway } from '../src/app/gateway.ts';
import { CatalogSnapshot } from '../src/catalog/snapshot.ts';
import { memoryStore } from '../src/counters/memory-store.ts';
import { dial } from '../src/net/dial.ts';
import { createLogger } from '../src/observe/logger.ts';
import { createThrottle } from '../src/throttle/throttle.ts';
import { aBranch, anUpstream, aProject } from '../test/catalog/a-catalog.ts';
import { auditConfig } from '../test/support/audit-config.ts';
import { aRole, verifier } from '../test/support/scene.ts';
import { ScriptedUpstream } from '../test/support/scripted-upstream.ts';
import { certificateStore, testCertificate } from '../test/support/server-certificate.ts';
import { LIMITS, RECORDS_ALL, RecordingJournal } from '../test/support/test-gate.ts';
import { expect, goodScript, send, tls } from '../test/support/upstream-steps.ts';

/** What a child process says once it listens. */
export interface Listening {
  readonly port: number;
  /** PEM, of an upstream. */
  readonly certificate?: string;
}

/** An upstream that lets `app` in, by TLS. */
export async function beUpstream(): Promise<Listening> {
  const certificate = await testCertificate();
  const secured = [expect('ssl-request'), send(Buffer.from('S')), tls(certificate)];
  const { port } = await ScriptedUpstream.open({ scripts: [[...secured, ...goodScript(verifier)]] });
  return { port, certificate: certificate.cert };
}

/** A gateway in front of it as it is by default (sslmode=verify-full), with a trail in `dir` or without one. */
export async function beGateway(upstream: Listening, dir: string | undefined): Promise<Listening> {
  const branch = aBranch('br-main', {
    isDefault: true,
    endpoints: ['ep-main'],
    upstream: anUpstream({ host: '127.0.0.1', port: upstream.port, sslrootcert: upstream.certificate }),
    roles: [aRole('app', verifier)],
  });
  const catalog = new CatalogSnapshot([aProject('shop', [branch])]);
  const store = certificateStore(await testCertificate());
  const log = createLogger('info', { write: () => {} });
  const audit = dir === undefined ? undefined : await Audit.open({ config: auditConfig(dir), log });
  await audit?.begin(catalog);
  const gateway = new Gateway({
    listen: [{ host: '127.0.0.1', port: 0 }],
    catalog: () => catalog,
    certificates: () => store,
    mockSecret: Buffer.alloc(32, 7),
    limits: LIMITS,
    throttle: createThrottle(
      { attempts: 10, window: 1000, block: 1000, exempt: allowlistFrom(['127.0.0.1'], 'bench') },
      memoryStore(() => performance.now()),
    ),
    dial,
    recorder: audit?.admissions ?? RECORDS_ALL,
    journal: audit?.journal ?? new ForgetfulJournal(),
    log,
  });
  await gateway.listen();
  return { port: gateway.ports[0] ?? 0 };
}

/** Remembers nothing, so that a long run does not grow. */
class ForgetfulJournal extends RecordingJournal {
  override ended(): void {}
}

/** CPU that a process has used, user and system, in ms (proc_pid_stat(5), fields 14 and 15, in ticks of 10 ms). */
export function cpuOf(pid: number): number {
  const fields =
    readFileSync(join('/proc', String(pid), 'stat'), 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
