import t from 'tap';
import { crc32c } from '../../src/proxy-protocol/crc32c.ts';

/** RFC 3720, B.4, which writes the bytes of each result from the last to the first; and the usual check value. */
const VECTORS: readonly (readonly [title: string, bytes: Buffer, crc: number])[] = [
  ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['32 ascending bytes', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  ['32 descending bytes', Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c],
  ['the nine digits', Buffer.from('123456789'), 0xe3069283],
  ['nothing', Buffer.alloc(0), 0],
];

t.test('The checksums of RFC 3720 come out.', async (t) => {
  for (const [title, bytes, crc] of VECTORS) t.equal(crc32c(bytes), crc, title);
});
