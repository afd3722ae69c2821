import { ProtocolViolation } from './violation.ts';

/** A NUL-terminated String of the protocol (manual, 54.6). NULs within would end it early, so they go. */
export function cString(text: string): Buffer {
  return Buffer.from(`${text.replaceAll('\0', '')}\0`, 'utf8');
}

/**
 * Reads the String at an offset.
 * @returns its text and the offset behind its NUL.
 * @throws ProtocolViolation where no NUL follows within the body.
 */
export function readCString(body: Buffer, at: number): { text: string; next: number } {
  const end = body.indexOf(0, at);
  if (end < 0) throw new ProtocolViolation('a string without its terminator');
  return { text: body.toString('utf8', at, end), next: end + 1 };
}
