import { BACKEND, serializeFrame } from './frame.ts';
import { cString, readCString } from './text.ts';
import { ProtocolViolation } from './violation.ts';

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
  const parts = [
    cString(`S${fields.severity}`),
    cString(`V${fields.severity}`),
    cString(`C${fields.sqlstate}`),
    cString(`M${fields.message}`),
  ];
  if (fields.detail !== undefined) parts.push(cString(`D${fields.detail}`));
  if (fields.hint !== undefined) parts.push(cString(`H${fields.hint}`));
  return serializeFrame(BACKEND.errorResponse, ...parts, Buffer.of(0));
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
