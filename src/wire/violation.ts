/**
 * The peer broke the protocol. The message says what was wrong and never repeats the peer's bytes,
 * so it may be sent back (SQLSTATE 08P01) and logged.
 */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation';
}
