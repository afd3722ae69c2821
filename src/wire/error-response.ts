import { BACKEND, serializeFrame } from './frame.ts';
import { cString, readCString } from './text.ts';
import { ProtocolViolation } from './violation.ts';

const SQLSTATE_FIELD = 0x43;

/** The fields used here of those in the manual's 54.8, by what they mean. */
export interface ErrorFields {
  readonly severity: 'FATAL' | 'ERROR';
  readonly sqlstate: string;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
}

/** S and V (the severity, translated and not), C, M, and where given D and H. */
export function serializeError(fields: ErrorFields): Buffer {
  const { severity } = fields;
  const parts = [cString(`S${severity}`), cString(`V${severity}`), ...textsOf(fields)];
  return serializeFrame(BACKEND.errorResponse, ...parts, Buffer.of(0));
}

/**
 * An upstream's error that says something else: its fields stay in their bytes and order, but for C, M, D and H.
 * @param body of a well-formed ErrorResponse.
 */
export function rewordError(body: Buffer, fields: ErrorFields): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; body.readUInt8(at) !== 0; ) {
    const end = body.indexOf(0, at) + 1;
    const letter = body.toString('latin1', at, at + 1);
    if (letter === 'C') parts.push(...textsOf(fields));
    else if (!'MDH'.includes(letter)) parts.push(body.subarray(at, end));
    at = end;
  }
  return serializeFrame(BACKEND.errorResponse, ...parts, Buffer.of(0));
}

/** @param body of an ErrorResponse; its beginning is enough. @returns `XX000` where it names none. */
export function sqlstateIn(body: Buffer): string {
  for (let at = 0; at >= 0 && at < body.length; ) {
    const end = body.indexOf(0, at);
    if (body.readUInt8(at) === SQLSTATE_FIELD) return body.toString('latin1', at + 1, Math.min(end, at + 6));
    at = end < 0 ? -1 : end + 1;
  }
  return 'XX000';
}

function textsOf({ sqlstate, message, detail, hint }: ErrorFields): Buffer[] {
  const parts = [cString(`C${sqlstate}`), cString(`M${message}`)];
  if (detail !== undefined) parts.push(cString(`D${detail}`));
  if (hint !== undefined) parts.push(cString(`H${hint}`));
  return parts;
}

/**
 * Reads an ErrorResponse or NoticeResponse of an upstream.
 * @returns its fields by their letter; any may be missing.
 * @throws ProtocolViolation where a field has no end or the last NUL is missing.
 */
export function parseErrorFields(body: Buffer): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let at = 0;
  while (at < body.length) {
    const letter = body.readUInt8(at);
    if (letter === 0) {
      if (at !== body.length - 1) throw new ProtocolViolation('bytes behind the end of an error');
      return fields;
    }
    const { text, next } = readCString(body, at + 1);
    fields.set(String.fromCharCode(letter), text);
    at = next;
  }
  throw new ProtocolViolation('an error without its terminator');
}
