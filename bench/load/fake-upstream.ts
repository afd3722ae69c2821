import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { ConnectionClosed, Leg } from '../../src/legs/leg.ts';
import { readPacket } from '../../src/session/secure.ts';
import { authenticationOk, backendKeyData } from '../../src/wire/backend-messages.ts';
import { FRONTEND } from '../../src/wire/frame.ts';
import { message } from '../../test/support/frontend-messages.ts';
import { dataRow, rowDescription } from '../../test/support/result-rows.ts';

/**
 * A server of thousands of idle sessions, where PostgreSQL would be a process for each: lets everybody in, answers
 * every query with one row. Forked with the folder of its socket; says `ready` once it listens.
 */

const PORT = 5432;
const MAX_FRAME = 64 * 1024;
const READY = message('Z', 'I');
const PARAMETERS = Object.entries({
  server_version: '18.0',
  server_encoding: 'UTF8',
  client_encoding: 'UTF8',
  standard_conforming_strings: 'on',
}).map(([name, value]) => message('S', `${name}\0${value}\0`));
const GREETING = Buffer.concat([
  authenticationOk(),
  ...PARAMETERS,
  backendKeyData(1, Buffer.alloc(4, 1)),
  READY,
]);
const ANSWER = Buffer.concat([rowDescription(['value']), dataRow(['1']), message('C', 'SELECT 1\0'), READY]);

const never = new AbortController().signal;

async function serve(socket: Socket): Promise<void> {
  const leg = new Leg(socket, never);
  try {
    const packet = await readPacket(leg);
    if (packet.kind !== 'startup') return;
    leg.write(GREETING);
    for (;;) {
      const { type } = await leg.readFrame(MAX_FRAME);
      if (type === FRONTEND.terminate) return;
      if (type === FRONTEND.query) leg.write(ANSWER);
    }
  } catch (error) {
    if (!(error instanceof ConnectionClosed)) throw error;
  } finally {
    socket.destroy();
  }
}

const folder = process.argv[2];
if (folder === undefined) throw new Error('the folder of the socket is missing');
const server = createServer({ allowHalfOpen: true }, (socket) => void serve(socket));
server.listen({
  path: join(folder, `.s.PGSQL.${PORT}`),
  backlog: 4096,
  writableAll: true,
  readableAll: true,
});
server.once('listening', () => process.send?.('ready'));
process.on('disconnect', () => process.exit(0));
