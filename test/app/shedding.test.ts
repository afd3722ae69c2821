import { duplexPair } from 'node:stream';
import t from 'tap';
import { Shedding } from '../../src/app/shedding.ts';
import { createLogger } from '../../src/observe/logger.ts';
import type { Arrival } from '../../src/session/ports.ts';
import { addressOf } from '../proxy-protocol/headers.ts';

const address = addressOf('192.0.2.1');

function arrival(): Arrival {
  const [stream] = duplexPair();
  return { stream, address, port: 1, local: { address, port: 2 }, proxiedBy: undefined };
}

t.test('Every connection is closed and counted; the log hears of a flood once a second.', async (t) => {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger('trace', { write: (line: string) => void lines.push(JSON.parse(line)) });
  const counted: string[] = [];
  let now = 0;
  const shedding = new Shedding(
    log,
    (reason) => counted.push(reason),
    () => now,
  );
  const arrivals = Array.from({ length: 250 }, arrival);
  for (const [index, each] of arrivals.entries()) {
    now = index * 10;
    shedding.shed(each, index < 200 ? 'pressure' : 'crowd');
  }
  t.ok(arrivals.every(({ stream }) => stream.destroyed));
  t.equal(counted.filter((reason) => reason === 'pressure').length, 200);
  t.equal(counted.filter((reason) => reason === 'crowd').length, 50);
  t.match(lines, [
    { level: 'warn', msg: 'new connections are closed at once', reason: 'pressure', connections: 1 },
    { reason: 'pressure', connections: 100 },
    { reason: 'crowd', connections: 100 },
  ]);
  t.equal(lines.length, 3);
});
