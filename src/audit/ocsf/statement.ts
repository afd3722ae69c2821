import type { Followed } from '../../sql/followed.ts';
import type { PasswordRefusedEvent, StatementEvent } from '../events.ts';
import { datastorePartsOf } from './datastore-activity.ts';
import { type OcsfRecord, recordOf, type Stamp } from './record.ts';
import { REFUSED } from './refusal.ts';
import { Texts } from './texts.ts';

/** Activities of OCSF 1.8.0's Datastore Activity, by the first word of a command tag or of the text. */
const ACTIVITIES: ReadonlyMap<string, readonly [number, string]> = new Map([
  ['SELECT', [1, 'Read']],
  ['FETCH', [1, 'Read']],
  ['UPDATE', [2, 'Update']],
  ['ALTER', [2, 'Update']],
  ['INSERT', [5, 'Write']],
  ['MERGE', [5, 'Write']],
  ['CREATE', [6, 'Create']],
  ['DELETE', [7, 'Delete']],
  ['DROP', [7, 'Delete']],
  ['TRUNCATE', [7, 'Delete']],
]);
const QUERY = [4, 'Query'] as const;

/** A statement that ran, failed, or was passed over. */
export function statementRecord({ connection, statement }: StatementEvent, stamp: Stamp): OcsfRecord {
  const texts = new Texts();
  const { text, outcome, sqlstate } = statement;
  const query = { query_string: texts.statement(text?.shown ?? ''), uid: stamp.uid };
  const parts = datastorePartsOf(connection, texts, connection.upstream);
  if (text?.isCut === true) texts.cut = true;
  return recordOf(
    {
      ...parts,
      code: 'statement',
      activity: activityOf(statement),
      failed: outcome !== 'done' && outcome !== 'suspended',
      attributes: {
        ...parts.attributes,
        query_info: query,
        duration: Math.max(0, Math.round(statement.duration)),
        status_code: texts.optional(sqlstate ?? (outcome === 'done' ? undefined : outcome)),
      },
      ours: { ...parts.ours, statement: oursOf(statement, texts) },
    },
    stamp,
    texts,
  );
}

/** A statement whose password was refused: what the client was told, which holds no part of it. */
export function passwordRefused({ connection, why }: PasswordRefusedEvent, stamp: Stamp): OcsfRecord {
  const texts = new Texts();
  const parts = datastorePartsOf(connection, texts, connection.upstream);
  return recordOf(
    {
      ...parts,
      ...REFUSED,
      code: 'password-refused',
      activity: QUERY,
      attributes: {
        ...parts.attributes,
        action_id: 2,
        action: 'Denied',
        disposition_id: 2,
        disposition: 'Blocked',
        status_code: 'password-in-sql',
        status_detail: texts.of(why),
      },
    },
    stamp,
    texts,
  );
}

function activityOf({ tags, text }: Followed): readonly [number, string] {
  const [tag] = tags;
  const words = tags.length > 1 ? '' : (tag ?? text?.shown ?? '');
  const word = /^\s*([a-z]+)/i.exec(words)?.[1]?.toUpperCase() ?? '';
  return ACTIVITIES.get(word) ?? QUERY;
}

function oursOf(statement: Followed, texts: Texts): Readonly<Record<string, unknown>> {
  const { text, parameters } = statement;
  return {
    bytes: text?.bytes,
    masked: text?.isMasked === true ? true : undefined,
    more: statement.more,
    outcome: statement.outcome,
    parameters: parameters && texts.list(parameters),
    rows: statement.rows,
    sha256: texts.optional(text?.sha256),
    step: statement.step,
    tags: texts.list(statement.tags),
    unknown: text === undefined ? true : undefined,
  };
}
