import { serialize } from 'pg-protocol';
import { parseErrorFields } from '../wire/error-response.ts';
import { BACKEND } from '../wire/frame.ts';
import { parseDataRow, parseRowDescription } from '../wire/rows.ts';
import { ProtocolViolation } from '../wire/violation.ts';
import { type Row, rowOf } from './control-connection.ts';
import type { UpstreamSession } from './open-session.ts';

/** One message of an answer, in bytes: a row of names and settings. A hostile upstream gets no further. */
const MAX_ANSWER_FRAME = 4 * 1024 * 1024;
/** Rows and notices of an answer: a database of very many tables has so many privileges. */
const MAX_ANSWER_FRAMES = 1_000_000;
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** The server refused a statement. What it says names objects, and no secret that we sent. */
export class StatementFailed extends Error {
  override readonly name = 'StatementFailed';
  readonly sqlstate: string;
  readonly detail: string | undefined;

  constructor(fields: ReadonlyMap<string, string>) {
    super(fields.get('M') ?? 'no message');
    this.sqlstate = fields.get('C') ?? '';
    this.detail = fields.get('D');
  }
}

/**
 * Runs SQL of ours as a simple query: several statements are one transaction, unless one of them says otherwise
 * (PostgreSQL manual, 54.2.2.1).
 * @returns the rows of all its statements, in text format.
 * @throws StatementFailed; the session is then as PostgreSQL leaves it and can be used again. ProtocolViolation, and
 * as `Leg.read`: not to be used again.
 */
export async function runStatements({ leg }: UpstreamSession, sql: string): Promise<Row[]> {
  leg.write(serialize.query(sql));
  let columns: string[] = [];
  const rows: Row[] = [];
  let failure: StatementFailed | undefined;
  let bytes = 0;
  for (let frames = 0; frames < MAX_ANSWER_FRAMES && bytes < MAX_ANSWER_BYTES; frames += 1) {
    const { type, body } = await leg.readFrame(MAX_ANSWER_FRAME);
    bytes += body.length;
    switch (type) {
      case BACKEND.rowDescription:
        columns = parseRowDescription(body);
        break;
      case BACKEND.dataRow:
        rows.push(rowOf(columns, parseDataRow(body)));
        break;
      case BACKEND.errorResponse:
        failure ??= new StatementFailed(parseErrorFields(body));
        break;
      case BACKEND.readyForQuery:
        if (failure !== undefined) throw failure;
        return rows;
      default:
        break;
    }
  }
  throw new ProtocolViolation('too much in answer to a statement');
}
