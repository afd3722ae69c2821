import { deepEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import {
  decodeVersion,
  encodeVersion,
  hasLongCancelKeys,
  negotiate,
} from '../../src/wire/protocol-version.ts';

t.test('A version is its major in the high and its minor in the low 16 bits.', async (t) => {
  t.equal(encodeVersion({ major: 3, minor: 0 }), 196_608);
  t.equal(encodeVersion({ major: 3, minor: 2 }), 196_610);
  fc.assert(
    fc.property(fc.nat({ max: 0xffff }), fc.nat({ max: 0xffff }), (major, minor) => {
      deepEqual(decodeVersion(encodeVersion({ major, minor })), { major, minor });
    }),
  );
});

t.test('The lower of both minor versions is spoken, and 3.1 never.', async (t) => {
  const spoken = [0, 1, 2, 3, 9999, 65_535].map((minor) => negotiate({ major: 3, minor }));
  t.same(
    spoken.map(({ major, minor }) => `${major}.${minor}`),
    ['3.0', '3.0', '3.2', '3.2', '3.2', '3.2'],
  );
});

t.test('Cancel keys are longer than 4 bytes from 3.2 on.', async (t) => {
  t.same(
    [0, 1, 2, 3].map((minor) => hasLongCancelKeys({ major: 3, minor })),
    [false, false, true, true],
  );
});
