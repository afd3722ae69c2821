import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { objectIn, textIn, valueIn } from '../../src/audit/values.ts';
import { pgEnv, startGateway, verifierOf } from '../support/gateway.ts';
import { debianBinaries, startDebian15 } from '../support/postgres.ts';
import { recordsIn, type TrailRecord } from '../support/trail-records.ts';
import { LOG_ALL, loggedBy, type Told } from './server-log.ts';

const PASSWORD = 'g6s7MQgx5ApdPqfJ';
const CLIENTS = 4;
/** A transaction of five statements between BEGIN and END. */
const TRANSACTIONS = 20;
/** Divides by zero now and then. */
const FAILING = '\\set x random(0, 2)\nSELECT 1 / :x;\nSELECT :x;\n';

const binaries = await debianBinaries('15');
const skip = binaries === undefined && 'pgbench is not here';

t.test(
  'pgbench has one record for each statement of the server’s log, in its order, with its SQLSTATE.',
  { skip },
  async (t) => {
    const verifier = await verifierOf(PASSWORD);
    const bootstrapSql = [`CREATE ROLE app LOGIN SUPERUSER PASSWORD '${verifier}'`];
    const postgres = await startDebian15(t, { bootstrapSql, settings: LOG_ALL });
    const branch = {
      id: 'br-main',
      name: 'main',
      default: true,
      upstream: { host: postgres.socketDir, port: postgres.port },
      sql: { audit: 'all' },
      roles: [{ name: 'app', verifier }],
    };
    const gateway = await startGateway(t, { projects: [{ id: 'shop', branches: [branch] }] });
    const env = pgEnv(gateway, { user: 'app', password: PASSWORD, database: 'postgres' });
    const pgbench = async (...options: readonly string[]): Promise<void> => {
      const program = promisify(execFile)(join(binaries?.bin ?? '', 'pgbench'), [...options], { env });
      program.child.stdin?.end(FAILING);
      // A run with errors ends with a status of its own.
      await program.catch(() => undefined);
    };
    await pgbench('-i', '-q');
    const load = ['-n', '-c', String(CLIENTS), '-t', String(TRANSACTIONS)];
    for (const mode of ['simple', 'extended', 'prepared']) {
      await pgbench(...load, '-M', mode);
      await pgbench(...load, '-M', mode, '-f', '-');
    }
    await gateway.child.leave();
    const records = await recordsIn(join(gateway.dir, 'var/audit'));
    const statements = records.filter((record) => textIn(record, 'metadata', 'event_code') === 'statement');
    const pids = new Set(statements.map(pidOf));
    // One session makes the tables, one asks how many there are before each run of its own script.
    t.ok(pids.size > 6 * CLIENTS, `${pids.size} sessions`);
    t.ok(statements.some(({ status_code }) => status_code === '22012'));
    for (const pid of pids) {
      const told = statements.filter((record) => pidOf(record) === pid && hasRun(record));
      t.strictSame(told.map(toldBy), loggedBy(postgres, pid).map(shortened));
    }
  },
);

/** PostgreSQL logs neither what it passed over, nor what failed before it ran. */
function hasRun(record: TrailRecord): boolean {
  const { step, outcome } = objectIn(valueIn(record, 'unmapped', 'portcullis', 'statement')) ?? {};
  return (step === 'query' || step === 'execute') && outcome !== 'discarded';
}

function pidOf(record: TrailRecord): number {
  return Number(valueIn(record, 'unmapped', 'portcullis', 'upstream', 'pid'));
}

function toldBy(record: TrailRecord): Told {
  return shortened({
    text: textIn(record, 'query_info', 'query_string') ?? '?',
    sqlstate: textIn(record, 'status_code') ?? '',
  });
}

/** The log has a line for each line of a statement. */
function shortened({ text, sqlstate }: Told): Told {
  return { text: text.split('\n')[0]?.trim() ?? '', sqlstate };
}
