import t from 'tap';
import { DEFAULT_SQL_RULES, type SqlRules } from '../../src/catalog/model.ts';
import type { StatementKind } from '../../src/sql/ddl.ts';
import type { Followed } from '../../src/sql/followed.ts';
import { query, terminate } from '../support/frontend-messages.ts';
import type { RawClient } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';

const rules = (own: Partial<SqlRules>) => ({ sql: { ...DEFAULT_SQL_RULES, ...own } });
const shown = (statements: readonly Followed[]) =>
  statements.map(({ outcome, text }) => `${outcome} ${text?.shown}`);

async function ready(client: RawClient, times: number): Promise<void> {
  for (let left = times; left > 0; ) if ((await client.readFrame()).type === 'Z'.charCodeAt(0)) left -= 1;
}

t.test('A branch that records nothing looks at nothing.', async (t) => {
  const kindOf = () => Promise.reject(new Error('nobody asked'));
  await using scene = await Scene.open({
    branch: rules({}),
    parts: { statements: { behind: false, kindOf } },
  });
  const { client } = await scene.session();
  client.send(query('CREATE TABLE a ()'));
  await ready(client, 1);
  t.strictSame(scene.gate.journal.statements, []);
});

t.test('Each statement is told when it was answered, the last ones when the session ends.', async (t) => {
  await using scene = await Scene.open({ branch: rules({ audit: 'all' }) });
  const { client } = await scene.session();
  client.send(query('SELECT 1'), query(`SELECT '${'x'.repeat(100_000)}'`));
  await ready(client, 2);
  const { statements } = scene.gate.journal;
  t.equal(statements.length, 2);
  t.match(statements[0], { step: 'query', outcome: 'done', tags: ['SELECT 1'], text: { shown: 'SELECT 1' } });
  t.match(statements[1]?.text, { bytes: 100_009, isCut: true, sha256: /^[0-9a-f]{64}$/ });
  client.send(terminate);
  await scene.record();
});

t.test('With ddl records keep the order of the statements, whatever takes longer to be known.', async (t) => {
  const waiting = new Map<string, (kind: StatementKind) => void>();
  const kindOf = (text: Buffer): Promise<StatementKind> =>
    new Promise((settle) => waiting.set(text.toString(), settle));
  await using scene = await Scene.open({
    branch: rules({ audit: 'ddl' }),
    parts: { statements: { behind: false, kindOf } },
  });
  const { client } = await scene.session();
  const large = `CREATE TABLE big (${'x int, '.repeat(20_000)})`;
  client.send(
    query('CREATE TABLE a ()'),
    query('SELECT 1'),
    query('DROP TABLE a'),
    query('CREATE x'),
    query(large),
  );
  await ready(client, 5);
  t.strictSame([...waiting.keys()], ['CREATE TABLE a ()', 'DROP TABLE a', 'CREATE x']);
  waiting.get('CREATE x')?.('unknown');
  waiting.get('DROP TABLE a')?.('other');
  t.strictSame(scene.gate.journal.statements, []);
  waiting.get('CREATE TABLE a ()')?.('ddl');
  await new Promise(setImmediate);
  // Of what is not known the tags tell: the scene's are those of SELECTs.
  t.strictSame(shown(scene.gate.journal.statements), ['done CREATE TABLE a ()']);
});

t.test(
  'While the trail is behind, whoever sends statements is read more slowly, and nobody else.',
  async (t) => {
    const statements = { behind: true, kindOf: () => Promise.resolve<StatementKind>('unknown') };
    await using scene = await Scene.open({ branch: rules({ audit: 'all' }), parts: { statements } });
    const { client } = await scene.session();
    client.send(query('SELECT 1'));
    await ready(client, 1);
    client.send(query('SELECT 2'));
    await new Promise((resolve) => setTimeout(resolve, 30));
    t.strictSame(shown(scene.gate.journal.statements), ['done SELECT 1']);
    statements.behind = false;
    await ready(client, 1);
    t.strictSame(shown(scene.gate.journal.statements), ['done SELECT 1', 'done SELECT 2']);
  },
);
