import { createHash } from 'node:crypto';
import { serialize } from 'pg-protocol';
import t from 'tap';
import { LongText } from '../../src/sql/long-text.ts';
import { parametersOf } from '../../src/sql/parameters.ts';
import { nameAt, readSent } from '../../src/sql/sent.ts';
import { MAX_SHOWN, statementText } from '../../src/sql/statement-text.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

t.test(
  'A long text is cut between two characters, and has the hash of all of it without its secrets.',
  async (t) => {
    const text = `SELECT '${'é'.repeat(3000)}'`;
    const told = statementText(Buffer.from(text));
    t.match(told, { isCut: true, isMasked: false, bytes: Buffer.byteLength(text), sha256: sha256(text) });
    t.ok(text.startsWith(told.shown) && Buffer.byteLength(told.shown) >= MAX_SHOWN - 1);
    const secret = `ALTER ROLE b PASSWORD 'hunter2' -- ${'x'.repeat(5000)}`;
    t.equal(statementText(Buffer.from(secret)).sha256, sha256(secret.replace('hunter2', '***')));
    t.match(statementText(Buffer.from("SELECT '\xe9'", 'latin1')), { shown: "SELECT '\xe9'", isCut: false });
  },
);

t.test('What is too long to be kept has size and hash, and none where it could hold a secret.', async (t) => {
  const parts = ['SELECT ', 'x'.repeat(5000), " 'y'"];
  const read = (texts: readonly string[]) => {
    const long = new LongText(Buffer.from(texts[0] ?? ''));
    for (const part of texts.slice(1)) long.feed(Buffer.from(part));
    return long.take();
  };
  const text = parts.join('');
  t.match(read([...parts, '\0types', 'more']), {
    bytes: text.length,
    sha256: sha256(text),
    isCut: true,
    hidesParameters: false,
  });
  t.equal(read(["ALTER ROLE b PASSWORD 'x' ", 'y']).shown, "ALTER ROLE b PASSWORD '***' ");
  const split = read(['ALTER ROLE b PASS', "WORD 'x'"]);
  t.equal(split.sha256, undefined);
  t.equal(split.hidesParameters, true);
});

t.test('Parameters are told as text, as bytes, as NULL, and cut; secrets among them are not.', async (t) => {
  const values = ['1', null, 'x'.repeat(300), 'postgresql://a:b@c'];
  const body = serialize.bind({ portal: 'p', statement: 's', values, binary: false }).subarray(5);
  t.strictSame(parametersOf(body), ['1', 'NULL', `${'x'.repeat(256)}…`, "'***'"]);
  const bytes = serialize.bind({ values: [Buffer.from([1, 255])] }).subarray(5);
  t.strictSame(parametersOf(bytes), ['\\x01ff']);
  t.strictSame(parametersOf(body.subarray(0, 30)), ['1', 'NULL', '…']);
  t.strictSame(parametersOf(Buffer.alloc(0)), []);
  const many = serialize.bind({ values: Array.from({ length: 101 }, () => 'a') }).subarray(5);
  t.equal(parametersOf(many).at(-1), '…');
});

t.test(
  'Names are as long as PostgreSQL has them; what is malformed is read as far as it goes.',
  async (t) => {
    t.strictSame(nameAt(Buffer.from(`${'a'.repeat(70)}\0b`), 0), { name: 'a'.repeat(63), next: 71 });
    const [close, call] = ['C'.charCodeAt(0), 'F'.charCodeAt(0)];
    t.strictSame(readSent(close, Buffer.from('Ss\0')), { step: 'close', statement: 's' });
    t.strictSame(readSent(close, Buffer.from('Pp\0')), { step: 'close', portal: 'p' });
    t.strictSame(readSent(close, Buffer.alloc(0)), { step: 'close', portal: '' });
    t.match(readSent(call, Buffer.alloc(0)), { text: { shown: 'fastpath function call:' } });
    t.strictSame(readSent('B'.charCodeAt(0), Buffer.from('p')), {
      step: 'bind',
      portal: 'p',
      statement: '',
      parameters: undefined,
    });
  },
);
