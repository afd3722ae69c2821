import { createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { sealSegment } from '../../src/trail/seal-segment.ts';
import { CHUNK_BYTES, SegmentCipher } from '../../src/trail/sealing.ts';
import { readSegment } from '../../src/trail/segment-reader.ts';
import { DIR, RING, ringOf } from './a-trail.ts';
import { MemoryFiles } from './memory-files.ts';

const NAME = '0000000000000001';
const OTHER = '0000000000000002';

/** Lines of together so many bytes. */
function textOf(bytes: number): string {
  return `${'x'.repeat(999)}\n`.repeat(Math.ceil(bytes / 1000)).slice(0, bytes);
}

async function sealed(text: string, name = NAME): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  await files.makeDir(DIR);
  files.put(`${DIR}/${name}.jsonl`, text);
  const signal = new AbortController().signal;
  await sealSegment({ files, dir: DIR }, { name, chain: 'chain-1', keys: RING, randomBytes, signal });
  return files;
}

async function opened(
  files: MemoryFiles,
  name = NAME,
  keys = RING,
): Promise<{ text: string; problem: string | undefined }> {
  let text = '';
  const source = { files, dir: DIR, keys, signal: undefined };
  for await (const { line } of readSegment(source, { name, offset: 0, lineNumber: 0 })) {
    if (line.fault === 'unread') return { text, problem: line.problem };
    text += line.fault === 'torn' ? line.line : `${line.line}\n`;
  }
  return { text, problem: undefined };
}

t.test('What was encrypted is read again, whatever its length.', async (t) => {
  for (const bytes of [0, 1, 1000, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 200_000]) {
    const text = textOf(bytes);
    const files = await sealed(text);
    t.equal((await opened(files)).text, text, `${bytes} bytes`);
    t.same(await files.list(DIR), [`${NAME}.jsonl.enc`], 'the plain one is gone');
  }
});

t.test('The file is as docs/audit.md tells, for whoever opens it without us.', async (t) => {
  const text = textOf(2 * 65_536 + 5);
  const file = await rawOf(await sealed(text));
  const header = file.subarray(0, file.indexOf('\n') + 1);
  const { format, key, chain, segment, salt } = JSON.parse(header.toString());
  t.same(
    { format, chain, segment },
    { format: 'portcullis-audit-segment-v1', chain: 'chain-1', segment: NAME },
  );
  t.equal(header.toString(), `${JSON.stringify({ format, key, chain, segment, salt })}\n`);
  const ringKey = RING.all.get(key)?.key;
  if (ringKey === undefined) throw new Error('no key');
  const segmentKey = Buffer.from(hkdfSync('sha256', ringKey, Buffer.from(salt, 'base64'), format, 32));
  const chunks = [65_552, 65_552, 21];
  let [offset, plain] = [header.length, ''];
  for (const [number, length] of chunks.entries()) {
    const nonce = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number, number === chunks.length - 1 ? 1 : 0]);
    const decipher = createDecipheriv('aes-256-gcm', segmentKey, nonce, { authTagLength: 16 });
    const chunk = file.subarray(offset, offset + length);
    decipher.setAAD(header).setAuthTag(chunk.subarray(-16));
    plain += Buffer.concat([decipher.update(chunk.subarray(0, -16)), decipher.final()]).toString();
    offset += length;
  }
  t.equal(offset, file.length);
  t.ok(plain === text);
});

t.test('No text of the segment is left in the file.', async (t) => {
  const files = await sealed('a secret of ours\n');
  t.notOk(files.text(`${DIR}/${NAME}.jsonl.enc`)?.includes('secret'));
});

t.test('A changed byte anywhere is found.', async (t) => {
  const whole = await rawOf(await sealed(textOf(150_000)));
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: whole.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (at, by) => {
        const changed = Buffer.from(whole);
        changed.writeUInt8(changed.readUInt8(at) ^ by, at);
        const { problem } = await opened(await filesWith(changed));
        return problem !== undefined;
      },
    ),
    { numRuns: 50 },
  );
  t.pass();
});

t.test('Chunks that are cut off, left out, doubled or swapped are found.', async (t) => {
  const whole = await rawOf(await sealed(textOf(3 * CHUNK_BYTES)));
  const start = whole.indexOf('\n') + 1;
  const chunk = (n: number): Buffer =>
    whole.subarray(start + n * (CHUNK_BYTES + 16), start + (n + 1) * (CHUNK_BYTES + 16));
  const header = whole.subarray(0, start);
  for (const order of [[0, 1], [0], [], [1, 2], [0, 2], [0, 0, 1, 2], [1, 0, 2], [0, 1, 2, 2]]) {
    const { problem } = await opened(await filesWith(Buffer.concat([header, ...order.map(chunk)])));
    t.match(problem, /was changed, or the file was cut off/, order.join());
  }
  t.equal(
    (await opened(await filesWith(Buffer.concat([header, ...[0, 1, 2].map(chunk)])))).problem,
    undefined,
  );
});

t.test('A segment under another’s name, or without its key, is not read.', async (t) => {
  const files = await sealed('a\n');
  files.put(`${DIR}/${OTHER}.jsonl.enc`, await rawOf(files));
  t.match((await opened(files, OTHER)).problem, /is another one, 0000000000000001/);
  t.match(
    (await opened(files, NAME, ringOf('k2'))).problem,
    /encrypted with key k1, which the key file lacks: put it back/,
  );
  t.match((await opened(files, NAME, ringOf('k1'))).problem, /was changed/, 'a key of the same name');
  files.put(`${DIR}/${OTHER}.jsonl.enc`, 'nonsense');
  t.match((await opened(files, OTHER)).problem, /no header of ours/);
});

t.test('Each segment is encrypted under a key of its own.', async (t) => {
  const ciphers = [1, 2].map(() => SegmentCipher.create(RING, { chain: 'c', segment: NAME }, randomBytes));
  const [one, other] = ciphers.map((cipher) => cipher.seal(Buffer.from('the same'), 0, true));
  t.ok(one && other && !one.equals(other));
});

t.test('An encryption that was told to stop leaves the plain one.', async (t) => {
  const files = new MemoryFiles();
  await files.makeDir(DIR);
  files.put(`${DIR}/${NAME}.jsonl`, 'a\n');
  const signal = AbortSignal.abort();
  await t.rejects(
    sealSegment({ files, dir: DIR }, { name: NAME, chain: 'c', keys: RING, randomBytes, signal }),
  );
  t.equal(files.text(`${DIR}/${NAME}.jsonl`), 'a\n');
  t.equal(files.text(`${DIR}/${NAME}.jsonl.enc`), undefined);
});

async function rawOf(files: MemoryFiles): Promise<Buffer> {
  const file = await files.open(`${DIR}/${NAME}.jsonl.enc`, 'read');
  const bytes = Buffer.alloc((await file.stat()).bytes);
  await file.read(bytes, 0);
  return bytes;
}

async function filesWith(bytes: Buffer): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  await files.makeDir(DIR);
  files.put(`${DIR}/${NAME}.jsonl.enc`, bytes);
  return files;
}
