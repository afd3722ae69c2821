import { ProtocolViolation } from '../../src/wire/violation.ts';

/**
 * Runs a parser on bytes that may be anything.
 * @returns what it read, or the violation it found.
 * @throws whatever else the parser throws: a RangeError or TypeError is a check that is missing.
 */
export function readOrViolation<T>(parse: () => T): T | ProtocolViolation {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ProtocolViolation) return error;
    throw error;
  }
}
