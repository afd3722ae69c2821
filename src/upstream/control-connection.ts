import { serialize } from 'pg-protocol';
import { parseErrorFields } from '../wire/error-response.ts';
import { BACKEND } from '../wire/frame.ts';
import { MAX_LOGIN_FRAME_LENGTH } from '../wire/limits.ts';
import { parseDataRow, parseRowDescription } from '../wire/rows.ts';
import { ProtocolViolation } from '../wire/violation.ts';
import type { UpstreamSession } from './open-session.ts';
import { UpstreamUnreachable } from './ports.ts';

export type Row = ReadonlyMap<string, string | null>;

/** A lookup answers with one row; the bound is against a query that returns a table. */
const MAX_ROWS = 2;
const MAX_ANSWER_FRAMES = 64;

/**
 * Runs one statement with one parameter on a session of our own, as an extended query in text format.
 * @returns its rows by column name, at most two.
 * @throws UpstreamUnreachable with the server's error; ProtocolViolation; as `Leg.read`. The session is then
 * not to be used again.
 */
export async function queryOne(session: UpstreamSession, sql: string, parameter: string): Promise<Row[]> {
  session.leg.write(
    Buffer.concat([
      serialize.parse({ text: sql, name: '', types: [] }),
      serialize.bind({ values: [parameter] }),
      serialize.describe({ type: 'P' }),
      serialize.execute(),
      serialize.sync(),
    ]),
  );
  return await readRows(session);
}

async function readRows({ leg }: UpstreamSession): Promise<Row[]> {
  let columns: string[] = [];
  const rows: Row[] = [];
  for (let frames = 0; frames < MAX_ANSWER_FRAMES; frames += 1) {
    const frame = await leg.readFrame(MAX_LOGIN_FRAME_LENGTH);
    switch (frame.type) {
      case BACKEND.rowDescription:
        columns = parseRowDescription(frame.body);
        break;
      case BACKEND.dataRow:
        rows.push(rowOf(columns, parseDataRow(frame.body)));
        if (rows.length > MAX_ROWS) throw new UpstreamUnreachable('auth_query returned more than one row');
        break;
      case BACKEND.errorResponse:
        throw new UpstreamUnreachable(`auth_query failed: ${errorText(frame.body)}`);
      case BACKEND.readyForQuery:
        return rows;
      default:
        break;
    }
  }
  throw new ProtocolViolation('too many messages in answer to a query');
}

/** @throws ProtocolViolation where a row is not as it was described. */
export function rowOf(columns: readonly string[], values: readonly (string | null)[]): Row {
  if (columns.length !== values.length)
    throw new ProtocolViolation('a row that does not fit its description');
  return new Map(columns.map((name, i) => [name, values[i] ?? null]));
}

function errorText(body: Buffer): string {
  const fields = parseErrorFields(body);
  return `${fields.get('C') ?? 'no SQLSTATE'}: ${fields.get('M') ?? 'no message'}`;
}
