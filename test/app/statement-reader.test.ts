import t from 'tap';
import { StatementReader } from '../../src/app/statement-reader.ts';

const read = {
  kind: 'read',
  statements: [{ kind: 'alter', role: 'a', passwords: ['x'], start: 0, end: 25 }],
};
const unreadable = { kind: 'unreadable', why: 'trouble' };

t.test('A statement is read in a thread; what does not belong to it does not go along.', async (t) => {
  await using reader = new StatementReader();
  const chunk = Buffer.from("secret ALTER ROLE a PASSWORD 'x' secret");
  t.strictSame(await reader.read(chunk.subarray(7, 32)), read);
  t.match(await reader.read(Buffer.from('SELECT 1')), { kind: 'read', statements: [] });
});

t.test('What brings the parser down is unreadable, and the next has another thread.', async (t) => {
  const reported: string[] = [];
  await using reader = new StatementReader({ report: (problem) => reported.push(problem) });
  const deep = `SELECT ${'1 + '.repeat(100_000)}1; ALTER ROLE a PASSWORD 'x'`;
  t.strictSame(await reader.read(Buffer.from(deep)), unreadable);
  t.match(reported, [/^the thread that reads statements failed: \w+Error$/]);
  t.strictSame(await reader.read(Buffer.from("ALTER ROLE a PASSWORD 'x'")), read);
});

t.test('Once it is closed, everything is unreadable.', async (t) => {
  const reader = new StatementReader();
  await reader[Symbol.asyncDispose]();
  t.strictSame(await reader.read(Buffer.from("ALTER ROLE a PASSWORD 'x'")), unreadable);
});
