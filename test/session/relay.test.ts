import t from 'tap';
import { message, query, sync, terminate } from '../support/frontend-messages.ts';
import { dataRow } from '../support/result-rows.ts';
import { Scene, verifier } from '../support/scene.ts';
import {
  answerTo,
  echo,
  expect,
  fatal,
  hang,
  notice,
  perform,
  reset,
  type Script,
  type Step,
  scram,
  send,
  welcome,
} from '../support/upstream-steps.ts';

const login: Script = [expect('startup'), scram(verifier), send(welcome())];

t.test('Frames cut at every byte pass both ways.', async (t) => {
  const answer = Buffer.concat([notice('slowly'), answerTo('select 1')]);
  const trickle: Step = perform(async (conversation) => {
    for (const byte of answer) {
      conversation.send(Buffer.of(byte));
      await new Promise(setImmediate);
    }
  });
  await using scene = await Scene.open({ script: [...login, expect('P'), expect('Q'), trickle, echo] });
  const { client } = await scene.session();
  const sent = Buffer.concat([message('P', '\0select 1\0\0\0'), query('select 1')]);
  await client.trickle(sent);
  t.strictSame(await client.inbox.read(answer.length), answer);
  client.send(terminate);
  client.end();
  await client.closed();
  t.match(await scene.record(), {
    outcome: 'closed',
    reason: 'client-left',
    bytesFromClient: sent.length + terminate.length,
    bytesFromUpstream: answer.length,
  });
  const { frames } = scene.upstream.conversation();
  t.strictSame(
    frames.slice(2, 4).map(({ body }) => body.toString()),
    ['\0select 1\0\0\0', 'select 1\0'],
  );
});

t.test('A thousand requests in one segment are answered in their order.', async (t) => {
  await using scene = await Scene.open();
  const { client } = await scene.session();
  const texts = Array.from({ length: 1000 }, (_, n) => `select ${n}`);
  client.send(...texts.map(query));
  const answers = Buffer.concat(texts.map(answerTo));
  t.ok((await client.inbox.read(answers.length)).equals(answers));
});

t.test('COPY goes both ways, and what the upstream says unasked arrives.', async (t) => {
  const rows = Array.from({ length: 200 }, (_, n) => message('d', `${n}\tx\n`));
  const out = Buffer.concat([message('H', '\0\0\0'), ...rows, message('c'), message('C', 'COPY 200\0')]);
  const unasked = message('A', Buffer.alloc(4), 'news\0it happened\0');
  const script = [
    ...login,
    expect('Q'),
    send(message('G', '\0\0\0')),
    ...rows.map(() => expect('d')),
    expect('c'),
    send(out, unasked),
    hang,
  ];
  await using scene = await Scene.open({ script });
  const { client } = await scene.session();
  client.send(query('copy'));
  await client.expect('G');
  client.send(...rows, message('c'));
  t.ok((await client.inbox.read(out.length)).equals(out));
  t.match((await client.expect('A')).toString(), /it happened/);
  t.strictSame(
    scene.upstream
      .conversation()
      .frames.slice(3, -1)
      .map(({ body }) => body.toString()),
    rows.map((row) => row.toString('latin1', 5)),
  );
});

t.test(
  'A client’s frame of impossible length is a FATAL behind whole frames, and nothing of it goes on.',
  async (t) => {
    for (const bad of [
      Buffer.from('Q\0\0\0\x03'),
      Buffer.from('Q\xff\xff\xff\xff', 'latin1'),
      Buffer.from('S\0\0\x27\x11'),
      Buffer.from('Q\x7f\xff\xff\xff', 'latin1'),
    ]) {
      await using scene = await Scene.open();
      const { client } = await scene.session();
      client.send(query('select 1'));
      const answer = answerTo('select 1');
      t.strictSame(await client.inbox.read(answer.length), answer);
      client.send(bad, query('select 2'));
      t.strictSame(await client.refusal(), {
        severity: 'FATAL',
        sqlstate: '08P01',
        message: 'invalid message length',
      });
      t.match(await scene.record(), { outcome: 'refused', reason: 'protocol' });
      t.strictSame(
        scene.upstream.conversation().frames.map(({ type }) => String.fromCharCode(type)),
        ['p', 'p', 'Q'],
      );
    }
  },
);

t.test('An upstream’s frame of impossible length is a FATAL too.', async (t) => {
  await using scene = await Scene.open({
    script: [...login, expect('Q'), send(Buffer.from('D\0\0\0\x03')), hang],
  });
  const { client } = await scene.session();
  client.send(query('select 1'));
  t.strictSame(await client.refusal(), {
    severity: 'FATAL',
    sqlstate: '08P01',
    message: 'upstream connection was lost',
  });
  t.match(await scene.record(), { outcome: 'failed', reason: 'upstream-protocol' });
});

const row = dataRow(['a row of some length']);

t.test(
  'An upstream that dies between two frames is a FATAL; in a frame, the end, with nothing behind the half.',
  async (t) => {
    for (const bytes of [row, row.subarray(0, 3), row.subarray(0, 9)]) {
      const script = [...login, expect('Q'), send(row, bytes), expect('S'), reset];
      await using scene = await Scene.open({ script });
      const { client } = await scene.session();
      client.send(query('select 1'));
      const before = row.length + bytes.length;
      t.strictSame(await client.inbox.read(before), Buffer.concat([row, bytes]));
      client.send(sync);
      if (bytes === row)
        t.match(await client.refusal(), { severity: 'FATAL', message: 'upstream connection was lost' });
      else t.equal((await client.closed()).length, 0);
      t.match(await scene.record(), { outcome: 'failed', reason: 'upstream-protocol' });
    }
  },
);

t.test('An upstream that ends in order is ended towards the client, whatever it said last.', async (t) => {
  const last = fatal('57P01', 'terminating connection due to administrator command');
  for (const bytes of [last, row.subarray(0, 9), Buffer.alloc(0)]) {
    await using scene = await Scene.open({ script: [...login, expect('Q'), send(bytes), { kind: 'close' }] });
    const { client } = await scene.session();
    client.send(query('select 1'));
    t.strictSame(await client.closed(), bytes);
    t.match(await scene.record(), { outcome: 'closed', reason: 'upstream-left' });
  }
});

t.test(
  'A client that goes on after its upstream has gone is let go, without a complaint about it.',
  async (t) => {
    await using scene = await Scene.open({
      script: [
        ...login,
        expect('Q'),
        send(fatal('57P01', 'bye')),
        perform(({ socket }) => socket.destroySoon()),
      ],
    });
    const { client } = await scene.session();
    client.send(query('select 1'));
    await client.expect('E');
    for (let n = 0; n < 5; n += 1) {
      client.send(query('select 2'));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    t.equal((await client.inbox.rest()).length, 0);
    t.match(await scene.record(), { outcome: 'closed', reason: 'upstream-left' });
  },
);

t.test('A client that resets its connection ends the upstream’s.', async (t) => {
  await using scene = await Scene.open();
  const { client } = await scene.session();
  client.send(query('select 1'));
  await client.expect('T');
  client.reset();
  t.match(await scene.record(), { outcome: 'closed', reason: 'client-left' });
  await scene.upstream.deserted();
  t.equal(scene.upstream.connections, 0);
});
