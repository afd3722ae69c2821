import { connect, createServer, type Socket } from 'node:net';
import t from 'tap';
import { login } from '../support/client-login.ts';
import { query } from '../support/frontend-messages.ts';
import { RawClient } from '../support/raw-client.ts';
import { echoGateway } from './echo-gateway.ts';

/** What PostgreSQL puts into one (PQ_SEND_BUFFER_SIZE, src/backend/libpq/pqcomm.c), and libpq has room for. */
const POSTGRES_RECORD = 8192;
/** What encryption adds to a record at most (RFC 5246, 6.2.3; RFC 8446, 5.2). */
const MAX_EXPANSION = 2048;
const APPLICATION_DATA = 23;
const HEADER = 5;
const ROW = 200_000;

/** Lengths of the TLS records of data that go from the gate to a client. */
class Eavesdropper {
  readonly lengths: number[] = [];
  #rest = Buffer.alloc(0);

  hear(chunk: Buffer): void {
    let bytes = Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= HEADER && bytes.length >= HEADER + bytes.readUInt16BE(3)) {
      const length = bytes.readUInt16BE(3);
      if (bytes.readUInt8(0) === APPLICATION_DATA) this.lengths.push(length);
      bytes = bytes.subarray(HEADER + length);
    }
    this.#rest = bytes;
  }
}

/** Stands between client and gate; hears the gate from the letter that answers SSLRequest on. */
async function between(port: number, ear: Eavesdropper): Promise<{ port: number; close: () => void }> {
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    const gate = connect(port, '127.0.0.1');
    sockets.push(client, gate);
    client.pipe(gate);
    let answered = false;
    gate.on('data', (chunk) => {
      ear.hear(answered ? chunk : chunk.subarray(1));
      answered = true;
      client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: typeof address === 'object' && address !== null ? address.port : 0, close };
}

const gateway = await echoGateway(t, {});

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(
    `In ${version} no record is larger than PostgreSQL’s own: asynchronous users of libpq hang.`,
    async (t) => {
      const { port } = gateway;
      const ear = new Eavesdropper();
      const wire = await between(port, ear);
      t.teardown(wire.close);
      const client = await (await RawClient.connect(wire.port)).requestTls({
        minVersion: version,
        maxVersion: version,
      });
      await login(client);
      client.send(query('x'.repeat(ROW)));
      await client.expect('T');
      t.equal((await client.expect('D')).length, ROW + 6);
      await client.expect('C');
      await client.expect('Z');
      const largest = Math.max(...ear.lengths);
      t.ok(largest > POSTGRES_RECORD, `${largest} bytes: a whole record was seen`);
      t.ok(largest <= POSTGRES_RECORD + MAX_EXPANSION, `${largest} bytes with what encryption adds`);
      client.destroy();
    },
  );
}
