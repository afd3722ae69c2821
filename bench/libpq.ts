import type { Candidate } from './candidate.ts';
import { DATABASE, PASSWORD, ROLE } from './stage.ts';

/** The environment with which psql and pgbench come to a candidate: TLS, and channel binding where it is to be had. */
export function libpqTo({ port, binds }: Candidate): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    LC_ALL: 'C.UTF-8',
    PGHOST: '127.0.0.1',
    PGPORT: String(port),
    PGUSER: ROLE,
    PGPASSWORD: PASSWORD,
    PGDATABASE: DATABASE,
    PGSSLMODE: 'require',
    PGCHANNELBINDING: binds ? 'require' : 'prefer',
  };
}
