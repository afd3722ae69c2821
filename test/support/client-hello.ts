import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { connect } from 'node:tls';

const MARK = 'sni-mark';

/**
 * A ClientHello that names a host in any bytes: node's own hello, with as long a name put in and then replaced.
 * The handshake cannot end well, since the client's transcript is another; a server must take it as it comes.
 */
export async function clientHello(servername: Buffer, alpn = 'postgresql'): Promise<Buffer> {
  const [ours, wire] = duplexPair();
  const mark = MARK.padEnd(servername.length, 'x');
  const client = connect({ socket: ours, servername: mark, ALPNProtocols: [alpn] });
  client.on('error', () => {});
  await once(wire, 'readable');
  const hello: Buffer = wire.read();
  client.destroy();
  const at = hello.indexOf(mark);
  if (at < 0) throw new Error('the name is not in the hello');
  servername.copy(hello, at);
  return hello;
}
