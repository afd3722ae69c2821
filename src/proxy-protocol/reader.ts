import { ProtocolViolation } from '../wire/violation.ts';
import {
  MAX_V1_LENGTH,
  MIN_V1_LENGTH,
  V1_LINE_END,
  V1_PREFIX,
  V2_FIXED_LENGTH,
  V2_SIGNATURE,
} from './format.ts';
import type { ProxyHeader } from './header.ts';
import { checkBegunLine, parseVersion1 } from './version-1.ts';
import { bodyLength, parseVersion2 } from './version-2.ts';

/** Yields how many bytes are to be read next, is given exactly these, returns the header. */
export type ProxyHeaderReader = Generator<number, ProxyHeader, Buffer>;

/**
 * Reads the PROXY header, of either version, that a connection must begin with (HAProxy, proxy-protocol.txt).
 * It never asks for a byte behind a valid header: what comes next, mostly TLS, stays in the stream. What is no
 * header is told by its first bytes, so that a peer that sends none is refused at once and not at the deadline.
 *
 *     const reader = readProxyHeader();
 *     let step = reader.next();
 *     while (!step.done) step = reader.next(await leg.read(step.value));
 *
 * @throws ProtocolViolation, from `next`.
 */
export function* readProxyHeader(): ProxyHeaderReader {
  const first = yield 1;
  switch (first.readUInt8(0)) {
    case V2_SIGNATURE.readUInt8(0):
      return yield* readVersion2(first);
    case V1_PREFIX.charCodeAt(0):
      return yield* readVersion1(first);
    default:
      throw noHeader();
  }
}

/** A line's end is not known before it comes: at most as much is asked for as must still follow. */
function* readVersion1(first: Buffer): ProxyHeaderReader {
  let line = first.toString('latin1');
  line += (yield V1_PREFIX.length - line.length).toString('latin1');
  if (line !== V1_PREFIX) throw noHeader();
  line += (yield MIN_V1_LENGTH - line.length).toString('latin1');
  for (;;) {
    checkBegunLine(line);
    if (line.endsWith(V1_LINE_END)) return parseVersion1(line);
    const missing = line.endsWith('\r') ? 1 : V1_LINE_END.length;
    if (line.length + missing > MAX_V1_LENGTH) throw new ProtocolViolation('over-long PROXY line');
    line += (yield missing).toString('latin1');
  }
}

function* readVersion2(first: Buffer): ProxyHeaderReader {
  const signature = Buffer.concat([first, yield V2_SIGNATURE.length - first.length]);
  if (!signature.equals(V2_SIGNATURE)) throw noHeader();
  const fixed = Buffer.concat([signature, yield V2_FIXED_LENGTH - signature.length]);
  const length = bodyLength(fixed);
  return parseVersion2(length === 0 ? fixed : Buffer.concat([fixed, yield length]));
}

function noHeader(): ProtocolViolation {
  return new ProtocolViolation('no PROXY header where one is required');
}
