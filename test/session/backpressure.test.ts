import type { Duplex } from 'node:stream';
import t from 'tap';
import { dial } from '../../src/net/dial.ts';
import type { Dial } from '../../src/upstream/ports.ts';
import { message, query } from '../support/frontend-messages.ts';
import { Scene, verifier } from '../support/scene.ts';
import {
  expect,
  hang,
  perform,
  type Script,
  type Step,
  scram,
  send,
  welcome,
} from '../support/upstream-steps.ts';

const FRAME = message('d', Buffer.alloc(256 * 1024, 'x'));
const FRAMES = 160;
const TOTAL = FRAME.length * FRAMES;

/** What may wait in one stream of the gate: its own mark, and the chunk that went over it. */
const BOUND = 1024 * 1024;

const login: Script = [expect('startup'), scram(verifier), send(welcome())];

/** Writes as fast as it is taken. @returns once all is written. */
async function pour(stream: Duplex): Promise<void> {
  for (let n = 0; n < FRAMES; n += 1) {
    if (!stream.write(FRAME)) await new Promise((resolve) => stream.once('drain', resolve));
  }
}

/** Resolves once nothing has moved for a while. */
async function standstill(moved: () => number): Promise<void> {
  for (let last = -1; last !== moved(); ) {
    last = moved();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The gate's streams, in the order in which they were opened. */
function watchedDial(streams: Duplex[]): Dial {
  return async (target, signal) => {
    const connection = await dial(target, signal);
    streams.push(connection.stream);
    return connection;
  };
}

async function count(stream: Duplex, enough: number): Promise<number> {
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  stream.resume();
  while (bytes < enough && !stream.readableEnded && !stream.destroyed) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return bytes;
}

t.test('A client that does not read holds its own upstream up, and nobody else.', async (t) => {
  const streams: Duplex[] = [];
  const pouring: Step = perform(({ stream }) => pour(stream));
  await using scene = await Scene.open({
    upstream: {
      scripts: [
        [...login, expect('Q'), pouring, hang],
        [...login, expect('Q'), send(message('C', 'x\0')), hang],
      ],
    },
    parts: { dial: watchedDial(streams) },
  });
  const { client } = await scene.session();
  client.stream.pause();
  client.send(query('select much'));
  const [ours] = streams;
  const { socket } = scene.upstream.conversation();
  await standstill(() => socket.bytesWritten - socket.writableLength);
  t.ok(socket.writableLength > 0, 'the upstream has to wait');
  t.ok(ours && ours.readableLength <= BOUND, `${ours?.readableLength} wait at the gate`);
  const { buffered } = scene.gate.gate.sessions;
  t.ok(buffered > 0 && buffered <= BOUND, `${buffered} in all`);
  const { client: other } = await scene.session();
  other.send(query('select 1'));
  await other.expect('C');
  t.equal(await count(client.stream, TOTAL), TOTAL, 'and then all of it comes');
});

t.test('An upstream that does not read holds its own client up.', async (t) => {
  const streams: Duplex[] = [];
  const received = Promise.withResolvers<number>();
  const go = Promise.withResolvers<void>();
  const slow: Step = perform(async ({ stream }) => {
    stream.pause();
    await go.promise;
    received.resolve(await count(stream, TOTAL));
  });
  await using scene = await Scene.open({
    script: [...login, slow, hang],
    parts: { dial: watchedDial(streams) },
  });
  const { client } = await scene.session();
  const poured = pour(client.stream);
  await standstill(() => client.socket.bytesWritten - client.stream.writableLength);
  t.ok(client.stream.writableLength > 0, 'the client has to wait');
  const [ours] = streams;
  t.ok(ours && ours.writableLength <= BOUND, `${ours?.writableLength} wait at the gate`);
  const { buffered } = scene.gate.gate.sessions;
  t.ok(buffered > 0 && buffered <= BOUND, `${buffered} in all`);
  go.resolve();
  await poured;
  t.equal(await received.promise, TOTAL);
  client.destroy();
  t.match(await scene.record(), { bytesFromClient: TOTAL });
});

t.test(
  'The last bytes of a session are not lost to its end, although both sides have said goodbye.',
  async (t) => {
    const pouring: Step = perform(async ({ stream }) => {
      await pour(stream);
      stream.end();
    });
    await using scene = await Scene.open({ script: [...login, expect('Q'), pouring] });
    const { client } = await scene.session();
    client.stream.pause();
    client.send(query('select much'));
    client.end();
    await standstill(() => scene.upstream.conversation().socket.bytesWritten);
    t.equal(await count(client.stream, TOTAL), TOTAL);
    t.match(await scene.record(), { outcome: 'closed', bytesFromUpstream: TOTAL });
  },
);
