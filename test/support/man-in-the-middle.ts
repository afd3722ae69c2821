import { type AddressInfo, createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { WithTeardown } from './postgres.ts';
import { RawClient } from './raw-client.ts';
import type { TestCertificate } from './server-certificate.ts';

/** What a man in the middle makes of what the gate says. */
export type Alteration = (fromGate: Buffer) => Buffer;

/**
 * Someone between a client and the gate, with TLS to both and a certificate of his own, who passes on what each
 * says inside. Closed with the test.
 * @returns his port.
 */
export async function manInTheMiddle(
  t: WithTeardown,
  gatePort: number,
  { cert, key }: TestCertificate,
  alter: Alteration = (fromGate) => fromGate,
): Promise<number> {
  const open = new Set<{ destroy(): void }>();
  const stand = async (socket: Socket): Promise<void> => {
    const gate = await (await RawClient.connect(gatePort)).requestTls();
    open.add(gate);
    socket.write('S');
    const client = new TLSSocket(socket, { isServer: true, cert, key });
    client.on('error', () => gate.destroy());
    client.on('data', (bytes: Buffer) => gate.send(bytes));
    client.on('end', () => gate.end());
    gate.stream.on('data', (bytes: Buffer) => client.write(alter(bytes)));
    gate.stream.on('end', () => client.end());
  };
  const server = createServer((socket) => {
    open.add(socket.on('error', () => {}));
    // The SSLRequest; whatever else comes is TLS.
    socket.once('data', () => {
      socket.pause();
      void stand(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    for (const each of open) each.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
