import t from 'tap';
import {
  LEFT_TO_RIGHT,
  MAPPED_TO_NOTHING,
  NON_ASCII_SPACES,
  PROHIBITED_OR_UNASSIGNED,
  RIGHT_TO_LEFT,
  RIGHT_TO_LEFT_ENDS,
} from '../../src/scram/stringprep.ts';

const CODE_POINTS = Array.from({ length: 0x110000 }, (_, code) => String.fromCodePoint(code));

/** How many code points a table holds; to be compared with RFC 3454's lists, summed up. */
function size(table: RegExp): number {
  return CODE_POINTS.filter((character) => character.search(table) === 0).length;
}

t.test('Each table holds as many code points as in RFC 3454.', async (t) => {
  t.equal(size(NON_ASCII_SPACES), 17, 'C.1.2');
  t.equal(size(MAPPED_TO_NOTHING), 27, 'B.1');
  t.equal(size(PROHIBITED_OR_UNASSIGNED), 1_019_122, 'C and A.1');
  t.equal(size(RIGHT_TO_LEFT), 1044, 'D.1');
  t.equal(size(LEFT_TO_RIGHT), 229_973, 'D.2');
});

t.test('Ranges end where the RFC ends them, also beyond the first plane.', async (t) => {
  for (const inside of ['\u0221', '\u024f', '\u{10ffff}', '\ud800', '\0', '\u{1f600}', '\u200e']) {
    t.ok(PROHIBITED_OR_UNASSIGNED.test(inside), JSON.stringify(inside));
  }
  for (const outside of ['\u0220', '\u0250', '\u{20000}', ' ', '~', '\u{1d7ff}']) {
    t.notOk(PROHIBITED_OR_UNASSIGNED.test(outside), JSON.stringify(outside));
  }
});

t.test('A right-to-left text is known by both of its ends.', async (t) => {
  for (const text of ['\u05d0', '\u05d0\u05d1', '\u05d0 1\n\u05d1'])
    t.ok(RIGHT_TO_LEFT_ENDS.test(text), text);
  for (const text of ['', '1', '\u05d01', '1\u05d0']) t.notOk(RIGHT_TO_LEFT_ENDS.test(text), text);
});
