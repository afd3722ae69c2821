import { PassThrough } from 'node:stream';
import { parse } from 'pg-protocol';
import { type Frame, parseFrameHeader } from '../../src/wire/frame.ts';
import { FRAME_HEADER_LENGTH } from '../../src/wire/limits.ts';

/** The parser that node-postgres reads a server with, as an oracle for what we send. */

/**
 * @param bytes whole, well-formed messages only: pg-protocol 1.16.1 loops for ever on an ErrorResponse without
 * its last NUL and waits for ever behind a wrong length.
 * @returns the messages as node-postgres sees them, as plain records.
 */
export async function readAsNodePostgres(bytes: Buffer): Promise<Record<string, unknown>[]> {
  const messages: Record<string, unknown>[] = [];
  const stream = new PassThrough();
  const done = parse(stream, (message) => messages.push({ ...message }));
  stream.end(bytes);
  await done;
  return messages;
}

/** @returns the frames that the bytes are made of. @throws where they are anything else. */
export function framesIn(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  let at = 0;
  while (at < bytes.length) {
    const header = bytes.subarray(at, at + FRAME_HEADER_LENGTH);
    const { type, bodyLength } = parseFrameHeader(header, bytes.length);
    at += FRAME_HEADER_LENGTH + bodyLength;
    if (at > bytes.length) throw new Error('the last frame is cut short');
    frames.push({ type, body: bytes.subarray(at - bodyLength, at) });
  }
  return frames;
}

/** @returns the one frame that the bytes are. */
export function frameOf(bytes: Buffer): Frame {
  const [frame, ...more] = framesIn(bytes);
  if (frame === undefined || more.length > 0) throw new Error('not exactly one frame');
  return frame;
}
