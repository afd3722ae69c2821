import { FRONTEND, serializeFrame } from './frame.ts';
import { FRAME_HEADER_LENGTH } from './limits.ts';

/** A Query or Parse (manual, 54.7), taken apart around its text. */
export interface StatementMessage {
  readonly type: number;
  /** Parse's name for it, with its NUL; nothing in a Query. */
  readonly head: Buffer;
  /** Without its NUL. */
  readonly text: Buffer;
  /** All behind the text: its NUL, and Parse's parameter types. */
  readonly tail: Buffer;
}

/**
 * @param frame a whole Query or Parse, header included.
 * @returns undefined where a String has no end, which PostgreSQL refuses before it looks at it.
 */
export function readStatement(frame: Buffer): StatementMessage | undefined {
  const type = frame.readUInt8(0);
  const body = frame.subarray(FRAME_HEADER_LENGTH);
  const start = type === FRONTEND.parse ? body.indexOf(0) + 1 : 0;
  const end = body.indexOf(0, start);
  if (end < 0 || (type === FRONTEND.parse && start === 0)) return undefined;
  return { type, head: body.subarray(0, start), text: body.subarray(start, end), tail: body.subarray(end) };
}

/** The same message with another text. */
export function withText({ type, head, tail }: StatementMessage, text: Buffer): Buffer {
  return serializeFrame(type, head, text, tail);
}
