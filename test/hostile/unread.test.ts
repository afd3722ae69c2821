import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { message, query } from '../support/frontend-messages.ts';
import { verifier } from '../support/scene.ts';
import { answerTo, expect, perform, type Script, scram, send, welcome } from '../support/upstream-steps.ts';
import { echoGateway, memoryOf, timedLogin } from './echo-gateway.ts';

const MIB = 1024 * 1024;
/** What the upstream would send. */
const GIB = 1024 * MIB;
/** What the gateway may take for that. */
const MEMORY_BYTES = 8 * MIB;
const FRAME = message('d', Buffer.alloc(256 * 1024 - 5, 'x'));

/** How much the upstream got rid of. */
let sent = 0;

const pouring: Script = [
  expect('startup'),
  scram(verifier),
  send(welcome()),
  expect('Q'),
  send(answerTo('warm')),
  expect('Q'),
  perform(async ({ stream }) => {
    const gone = new Promise<void>((resolve) => stream.once('close', resolve));
    for (sent = 0; sent < GIB && !stream.destroyed; sent += FRAME.length) {
      if (stream.write(FRAME)) continue;
      await Promise.race([gone, new Promise<void>((resolve) => stream.once('drain', resolve))]);
    }
  }),
];

/** Resolves once nothing has moved for a while. */
async function standstill(): Promise<void> {
  for (let last = -1; last !== sent; ) {
    last = sent;
    await pause(500);
  }
}

const skip = process.platform === 'linux' ? false : 'memory is told by /proc';

t.test('A client that does not read while the upstream sends 1 GiB costs no memory.', { skip }, async (t) => {
  const { port, child } = await echoGateway(t, {}, pouring);
  const { client } = await timedLogin(port);
  t.teardown(() => client.destroy());
  client.send(query('warm'));
  for (const letter of 'TDCZ') await client.expect(letter);
  client.stream.pause();
  const before = memoryOf(child.pid);
  client.send(query('pour'));
  await standstill();
  t.ok(sent > 0 && sent < GIB / 4, `the upstream waits behind ${Math.round(sent / MIB)} MiB`);
  const grown = memoryOf(child.pid) - before;
  t.ok(grown < MEMORY_BYTES, `${Math.round(grown / 1024)} kB`);
});
