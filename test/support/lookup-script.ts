import type { Conversation } from './conversation.ts';
import { message } from './frontend-messages.ts';
import { dataRow, rowDescription } from './result-rows.ts';
import { expect, ok, perform, ready, type Script, type Step, send } from './upstream-steps.ts';

/** What an upstream answers to a look-up of a name: rows of text, or a message in their place. */
export type Answer = (name: string) => readonly Readonly<Record<string, string | null>>[] | Buffer;

/** Reads one extended query up to its Sync. @returns the statement and its parameter. */
export async function readLookup(conversation: Conversation): Promise<{ sql: string; name: string }> {
  let sql = '';
  let name = '';
  for (;;) {
    const { type, body } = await conversation.readFrame();
    const letter = String.fromCharCode(type);
    if (letter === 'P') sql = body.toString('utf8', 1, body.indexOf(0, 1));
    if (letter === 'B') name = parameterOf(body);
    if (letter === 'S') return { sql, name };
  }
}

/** The one parameter of a Bind without names (manual, 54.7 Bind), whatever its format codes are. */
function parameterOf(body: Buffer): string {
  const formats = body.readInt16BE(2);
  const at = 4 + 2 * formats + 2;
  return body.toString('utf8', at + 4, at + 4 + body.readInt32BE(at));
}

/** Answers look-ups until the other side leaves. */
export function answerLookups(answer: Answer): Step {
  return perform(async (conversation) => {
    for (;;) {
      const { name } = await readLookup(conversation);
      const rows = answer(name);
      conversation.send(Buffer.isBuffer(rows) ? rows : resultOf(rows));
    }
  });
}

function resultOf(rows: readonly Readonly<Record<string, string | null>>[]): Buffer {
  const columns = Object.keys(rows[0] ?? { rolname: '' });
  return Buffer.concat([
    message('1'),
    message('2'),
    rowDescription(columns),
    ...rows.map((row) => dataRow(Object.values(row))),
    message('C', `SELECT ${rows.length}\0`),
    ready,
  ]);
}

/** An upstream that lets us in without a proof and answers look-ups. */
export const lookupScript = (answer: Answer): Script => [
  expect('startup'),
  send(ok, ready),
  answerLookups(answer),
];
