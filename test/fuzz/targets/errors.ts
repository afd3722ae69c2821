import { deepEqual, equal } from 'node:assert/strict';
import { parseErrorFields, serializeError } from '../../../src/wire/error-response.ts';
import { FRAME_HEADER_LENGTH } from '../../../src/wire/limits.ts';
import type { Target } from '../target.ts';
import { unlessViolation } from './violations.ts';

/** Fields, each a letter and a String, and a NUL (PostgreSQL manual, 54.7 ErrorResponse). */
const LAYOUT = /^(?:[^\0]+\0)*\0$/;
const FIELD = /([^\0])([^\0]*)\0/g;

/** The body of an ErrorResponse or NoticeResponse. */
export const errors: Target = {
  maxLength: 20_000,
  floorMs: 50,
  run(input) {
    const fields = unlessViolation(() => parseErrorFields(input));
    const text = input.toString('latin1');
    equal(fields !== undefined, LAYOUT.test(text));
    if (fields === undefined) return;
    const expected = new Map(
      [...text.matchAll(FIELD)].map(([, letter, value]) => [
        letter,
        Buffer.from(`${value}`, 'latin1').toString(),
      ]),
    );
    deepEqual(fields, expected);
    checkOurs(fields.get('M') ?? '', fields.get('C') ?? '');
  },
};

/** Whatever text one of our own errors is made of, it stays one error. */
function checkOurs(message: string, sqlstate: string): void {
  const frame = serializeError({ severity: 'FATAL', sqlstate, message, hint: `${message}\0SERROR\0` });
  const read = parseErrorFields(frame.subarray(FRAME_HEADER_LENGTH));
  deepEqual([...read.keys()], ['S', 'V', 'C', 'M', 'H']);
  equal(read.get('M'), message);
}
