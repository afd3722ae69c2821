import t from 'tap';
import { formatKeyLine, parseKeyRing } from '../../src/config/key-ring.ts';
import { KEY_LINE } from './a-config.ts';

t.test('The first key is current, all of them open.', async (t) => {
  const text = `${formatKeyLine('new', Buffer.alloc(32, 7))}\n${KEY_LINE}`;
  const parsed = parseKeyRing(text);
  if (!('ring' in parsed)) throw new Error(parsed.problem);
  t.equal(parsed.ring.current.id, 'new');
  t.strictSame([...parsed.ring.all.keys()], ['new', 'k1']);
  t.strictSame(parsed.ring.current.key.export(), Buffer.alloc(32, 7));
});

t.test('A key file that cannot be right is told by its line, which is never quoted.', async (t) => {
  const [short, long] = [Buffer.alloc(31).toString('base64'), Buffer.alloc(33).toString('base64')];
  for (const line of [
    'secret',
    `k1:${short}`,
    `k1:${long}`,
    `k 1:${'A'.repeat(43)}=`,
    `:${'A'.repeat(43)}=`,
  ]) {
    t.strictSame(
      parseKeyRing(`${KEY_LINE}${line}`),
      { problem: 'line 2 of the key file is not id:base64 of 32 bytes' },
      line,
    );
  }
  t.strictSame(parseKeyRing(KEY_LINE + KEY_LINE), {
    problem: 'line 2 of the key file repeats the id k1: remove one',
  });
  for (const text of ['', '\n\n']) {
    t.strictSame(parseKeyRing(text), {
      problem: 'the key file holds no key: write a line id:base64 of 32 bytes',
    });
  }
});
