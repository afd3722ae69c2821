import { FRONTEND } from '../wire/frame.ts';
import { MAX_NAME_BYTES } from '../wire/limits.ts';
import type { StatementText } from './statement-text.ts';

/** A message of a client's that PostgreSQL acts upon, as far as it must be known to tell what ran. */
export type Sent =
  | { readonly step: 'query'; readonly text: StatementText | undefined }
  | { readonly step: 'parse'; readonly statement: string; readonly text: StatementText | undefined }
  | {
      readonly step: 'bind';
      readonly portal: string;
      readonly statement: string;
      readonly parameters: readonly string[] | undefined;
      /** Whose text it is, where that is known whatever the statement's name. */
      readonly text?: StatementText;
    }
  | { readonly step: 'execute'; readonly portal: string }
  | { readonly step: 'close'; readonly portal?: string; readonly statement?: string }
  | { readonly step: 'call'; readonly text: StatementText }
  | { readonly step: 'describe' | 'sync' | 'copy-end' };

/** Types of all these messages. */
export const SENT_TYPES: readonly number[] = [
  FRONTEND.query,
  FRONTEND.parse,
  FRONTEND.bind,
  FRONTEND.describe,
  FRONTEND.execute,
  FRONTEND.close,
  FRONTEND.sync,
  FRONTEND.functionCall,
  FRONTEND.copyDone,
  FRONTEND.copyFail,
];

const PREPARED_STATEMENT = 0x53;

/** What a Query or Parse says besides its text. */
export interface TextPlace {
  /** Parse's name for it. */
  readonly name: string;
  readonly start: number;
  /** Where its NUL is, or the end of the bytes. */
  readonly end: number;
}

/** @param body of a Query or Parse, or its beginning. */
export function placeOfText(type: number, body: Buffer): TextPlace {
  const { name, next: start } = type === FRONTEND.parse ? nameAt(body, 0) : { name: '', next: 0 };
  const end = body.indexOf(0, start);
  return { name, start, end: end < 0 ? body.length : end };
}

/** Reads all but Query and Parse. @param body its beginning is enough. */
export function readSent(type: number, body: Buffer): Sent {
  switch (type) {
    case FRONTEND.bind: {
      const { name: portal, next } = nameAt(body, 0);
      return { step: 'bind', portal, statement: nameAt(body, next).name, parameters: undefined };
    }
    case FRONTEND.execute:
      return { step: 'execute', portal: nameAt(body, 0).name };
    case FRONTEND.close: {
      const { name } = nameAt(body, 1);
      return body.length > 0 && body.readUInt8(0) === PREPARED_STATEMENT
        ? { step: 'close', statement: name }
        : { step: 'close', portal: name };
    }
    case FRONTEND.functionCall:
      return { step: 'call', text: callText(body) };
    case FRONTEND.describe:
      return { step: 'describe' };
    case FRONTEND.sync:
      return { step: 'sync' };
    default:
      return { step: 'copy-end' };
  }
}

/** Of longer names PostgreSQL knows only the beginning (dynahash, string keys of NAMEDATALEN). */
export function nameAt(body: Buffer, at: number): { readonly name: string; readonly next: number } {
  if (at < body.length && body.readUInt8(at) === 0) return { name: '', next: at + 1 };
  const nul = body.indexOf(0, at);
  const end = nul < 0 ? body.length : nul;
  const name = body.toString('latin1', at, Math.min(end, at + MAX_NAME_BYTES));
  return { name, next: Math.min(body.length, end + 1) };
}

/** In the words of PostgreSQL's log, for which the function's number must do here. */
function callText(body: Buffer): StatementText {
  const oid = body.length < 4 ? '' : ` OID ${body.readUInt32BE(0)}`;
  const shown = `fastpath function call:${oid}`;
  return { shown, bytes: shown.length, isCut: false, isMasked: false, hidesParameters: false };
}
