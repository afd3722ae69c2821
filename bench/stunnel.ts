import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Candidate, Upstream } from './candidate.ts';
import { freePort, Program } from './program.ts';
import type { Stage } from './stage.ts';

let started = 0;

/** stunnel, which speaks just enough of the protocol to upgrade to TLS (`protocol = pgsql`). */
export async function startStunnel(stage: Stage, upstream: Upstream): Promise<Candidate> {
  started += 1;
  const port = await freePort();
  const conf = join(stage.folder, `stunnel-${started}.conf`);
  await writeFile(
    conf,
    `foreground = yes
pid =
syslog = no
debug = notice
socket = l:TCP_NODELAY=1
socket = a:SO_REUSEADDR=1

[postgresql]
accept = 127.0.0.1:${port}
connect = ${upstream.socketDir}/.s.PGSQL.${upstream.port}
protocol = pgsql
cert = ${stage.certificate.cert}
key = ${stage.certificate.key}
`,
  );
  const log = join(stage.folder, `stunnel-${started}.log`);
  const program = new Program(stage, stage.tools.stunnel, { args: [conf], log });
  await program.listens(port);
  return { name: 'stunnel', port, pid: program.pid, binds: false, stop: () => program.stop() };
}
