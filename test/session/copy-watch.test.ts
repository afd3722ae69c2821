import t from 'tap';
import { CopyWatch } from '../../src/session/copy-watch.ts';
import { BACKEND, FRONTEND } from '../../src/wire/frame.ts';

const { query, execute, sync, copyDone, copyFail } = FRONTEND;
const { copyInResponse, errorResponse } = BACKEND;

t.test('A Sync behind the command that turns out to begin a COPY was passed over.', async (t) => {
  const watch = new CopyWatch();
  watch.clientSends(sync);
  watch.clientSends(execute);
  t.notOk(watch.clientSends(sync));
  t.notOk(watch.clientSends(sync));
  t.equal(watch.upstreamSends(copyInResponse), 2, 'but not the one before it');
});

t.test('A Sync amid the data is passed over, one behind their end is answered.', async (t) => {
  for (const end of [copyDone, copyFail]) {
    const watch = new CopyWatch();
    watch.clientSends(query);
    t.equal(watch.upstreamSends(copyInResponse), 0);
    t.ok(watch.clientSends(sync));
    watch.clientSends(end);
    t.notOk(watch.clientSends(sync));
  }
});

t.test('A COPY that fails passes no Sync over any more.', async (t) => {
  const watch = new CopyWatch();
  watch.clientSends(execute);
  watch.upstreamSends(copyInResponse);
  watch.upstreamSends(errorResponse);
  t.notOk(watch.clientSends(sync));
});

t.test('Of two COPYs in one query, each begins and ends.', async (t) => {
  const watch = new CopyWatch();
  watch.clientSends(query);
  for (let copies = 0; copies < 2; copies += 1) {
    t.equal(watch.upstreamSends(copyInResponse), 0);
    t.ok(watch.clientSends(sync));
    watch.clientSends(copyDone);
  }
  t.notOk(watch.clientSends(sync));
});

t.test('A COPY that was ended before it had begun takes no Sync away, until all is settled.', async (t) => {
  const watch = new CopyWatch();
  watch.clientSends(execute);
  watch.clientSends(sync);
  watch.clientSends(copyDone);
  watch.clientSends(sync);
  t.equal(watch.upstreamSends(copyInResponse), 0);
  t.notOk(watch.clientSends(sync));
  watch.reset();
  watch.clientSends(execute);
  watch.clientSends(sync);
  t.equal(watch.upstreamSends(copyInResponse), 1);
});
