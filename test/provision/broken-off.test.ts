import t, { type Test } from 'tap';
import type { Command } from '../../src/catalog/commands.ts';
import { carryOut } from '../../src/control/carry-out.ts';
import { dial } from '../../src/net/dial.ts';
import type { Dial } from '../../src/upstream/ports.ts';
import { startEmbedded } from '../support/postgres.ts';
import { isFull } from '../support/size.ts';
import { aLogin, CHANCE, column, workshopOn } from './a-cluster.ts';

const postgres = await startEmbedded(t, {
  bootstrapSql: ['CREATE ROLE app LOGIN', 'CREATE DATABASE shop OWNER app'],
});
await column(postgres, 'shop', 'CREATE TABLE items AS SELECT 1 AS id');
await column(postgres, 'shop', 'ALTER TABLE items OWNER TO app');
const shop = workshopOn(postgres, [await aLogin('app', 'x')]);

/** Everything that is on the cluster: roles with their passwords, databases with owner and rights. */
function everything(): Promise<unknown[]> {
  return column(
    postgres,
    'postgres',
    `SELECT rolname || coalesce(rolpassword, '') || rolcanlogin FROM pg_authid WHERE rolname !~ '^pg_'
     UNION ALL SELECT datname || pg_get_userbyid(datdba) || coalesce(datacl::text, '') FROM pg_database ORDER BY 1`,
  );
}

/** A query that only asks is no step; counted are those that change something, or at full size all. */
const STEP = isFull ? /^Q/ : /^Q.{4}(?!SELECT|WITH|SET)/s;

/**
 * Connections to the cluster that all break right behind the n-th step: the server carries it out, and nobody hears
 * of it. What comes before the n-th has been heard, what comes after it was never said.
 */
function breaking(at: number): { dial: Dial; broke: () => boolean } {
  let queries = 0;
  const counted: Dial = async (...args) => {
    if (queries >= at) throw new Error('killed');
    const connection = await dial(...args);
    const { stream } = connection;
    const write = stream.write.bind(stream);
    const counting = (chunk: Buffer): boolean => {
      if (STEP.test(chunk.toString('latin1'))) queries += 1;
      if (queries > at) return false;
      const written = write(chunk);
      if (queries === at) stream.end(() => stream.destroy());
      return written;
    };
    return { ...connection, stream: Object.assign(stream, { write: counting }) };
  };
  return { dial: counted, broke: () => queries >= at };
}

/** Breaks a command off at every query until it comes through, and asks whoever comes next to settle it. */
async function breakEverywhere(t: Test, command: Command): Promise<number> {
  for (let at = 1; ; at += 1) {
    const before = await everything();
    const { dial: broken, broke } = breaking(at);
    // As if killed: nothing that this process would do afterwards is done.
    const killed = shop.provisioner({ dial: broken });
    killed.settle = () => Promise.resolve();
    const work = carryOut(shop, command, CHANCE, killed);
    await (at === 1 ? t.rejects(work) : work.catch(() => undefined));
    shop.intents.held = false;
    if (!broke()) return at;
    await shop.provisioner().settle(shop.state);
    t.strictSame(await everything(), before, `${command.type} broken off at query ${at}`);
    t.equal(shop.intents.intent, undefined);
  }
}

t.test('A branch that was made half is gone with the next command.', async (t) => {
  t.ok((await breakEverywhere(t, { type: 'create-branch', name: 'a' })) > 5);
  await shop.provisioner().settle(shop.state);
});

t.test('A branch that was reset half has its old data.', async (t) => {
  const database = shop.database('a');
  await column(postgres, database, 'INSERT INTO items VALUES (2)');
  await breakEverywhere(t, { type: 'reset-branch', branch: 'a' });
  t.not(shop.database('a'), database, 'at last it went through');
  await shop.provisioner().settle(shop.state);
  t.strictSame(await column(postgres, shop.database('a'), 'SELECT id FROM items'), [1]);
});

t.test('A password that was changed half is the catalog’s.', async (t) => {
  t.ok((await breakEverywhere(t, { type: 'reset-password', branch: 'a', role: 'app' })) > 1);
  await shop.provisioner().settle(shop.state);
});

t.test('A branch that was deleted half goes at the next start.', async (t) => {
  const killed = shop.provisioner();
  killed.settle = () => Promise.resolve();
  await carryOut(shop, { type: 'delete-branch', branch: 'a' }, CHANCE, killed);
  shop.intents.held = false;
  let attempts = 0;
  while (shop.intents.intent !== undefined) {
    attempts += 1;
    await shop
      .provisioner({ dial: breaking(attempts).dial })
      .settle(shop.state)
      .catch(() => undefined);
  }
  t.ok(attempts > 1);
  const names = await column(
    postgres,
    'postgres',
    'SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1',
  );
  t.strictSame(names, ['postgres', 'shop']);
  t.strictSame(
    await column(postgres, 'postgres', "SELECT rolname FROM pg_roles WHERE rolname ~ '^app_'"),
    [],
  );
});
