import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Candidate, Upstream } from './candidate.ts';
import { freePort, Program } from './program.ts';
import { ROLE, type Stage } from './stage.ts';

/** Above what W8 holds. */
const MAX_CLIENTS = 12_000;
let started = 0;

/**
 * PgBouncer as one would run it where security matters: verifiers only in its file, which also log in upstream; TLS
 * demanded of clients; a session a client.
 *
 * @param fresh whether each client gets a new connection upstream, as from a gateway (`server_lifetime = 0`)
 */
export async function startPgBouncer(stage: Stage, upstream: Upstream, fresh: boolean): Promise<Candidate> {
  started += 1;
  const path = (ending: string): string => join(stage.folder, `pgbouncer-${started}.${ending}`);
  const port = await freePort();
  await put(stage, path('users'), `"${ROLE}" "${stage.verifier}"\n`);
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: path('users'),
    pool_mode: 'session',
    max_client_conn: MAX_CLIENTS,
    default_pool_size: upstream.asksProof ? 100 : MAX_CLIENTS,
    client_tls_sslmode: 'require',
    client_tls_cert_file: stage.lent.cert,
    client_tls_key_file: stage.lent.key,
    ignore_startup_parameters: 'extra_float_digits,options',
    ...(fresh && { server_lifetime: 0 }),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
  const database = `* = host=${upstream.socketDir} port=${upstream.port}\n`;
  await put(stage, path('ini'), `[databases]\n${database}\n[pgbouncer]\n${lines.join('')}`);
  const program = new Program(stage, stage.tools.pgbouncer, {
    args: [path('ini')],
    log: path('log'),
    account: stage.account,
  });
  await program.listens(port);
  const name = fresh ? 'pgbouncer-fresh' : 'pgbouncer';
  return { name, port, pid: program.pid, binds: false, stop: () => program.stop() };
}

async function put({ account }: Stage, path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  if (process.geteuid?.() === 0) await chown(path, account.uid, account.gid);
}
