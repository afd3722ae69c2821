import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, connect, type TLSSocket } from 'node:tls';
import type { UpstreamTarget } from '../catalog/model.ts';
import { Leg } from '../legs/leg.ts';
import { endPointBinding } from '../scram/channel-binding.ts';
import { type UpstreamConnection, UpstreamUnreachable } from '../upstream/ports.ts';
import { serializeSslRequest } from '../wire/opening-packet.ts';
import { upstreamContext } from './upstream-context.ts';

const ACCEPTED = 0x53;
const REFUSED = 0x4e;

/**
 * Asks an upstream for TLS and verifies its certificate as the branch's sslmode says (PostgreSQL manual, 34.19).
 * Anything but one `S` ends the connection: an error before TLS is nobody's (CVE-2024-10977), and bytes behind
 * the `S` are a man in the middle's (CVE-2021-23222).
 */
export async function startTls(
  socket: Socket,
  target: UpstreamTarget,
  signal: AbortSignal,
): Promise<UpstreamConnection> {
  const plain = new Leg(socket, signal);
  plain.write(serializeSslRequest());
  const answer = (await plain.read(1)).readUInt8(0);
  if (answer === REFUSED)
    throw new UpstreamUnreachable(`${target.host} does not speak TLS, and sslmode is ${target.sslmode}`);
  if (answer !== ACCEPTED)
    throw new UpstreamUnreachable(`${target.host} answered SSLRequest with neither S nor N`);
  if (plain.buffered > 0)
    throw new UpstreamUnreachable(`${target.host} sent bytes behind its answer to SSLRequest`);
  const secured = connect({
    socket,
    ALPNProtocols: ['postgresql'],
    ...verification(target),
  });
  await verified(secured);
  const certificate = secured.getPeerX509Certificate();
  return { stream: secured, tls: true, binding: certificate && endPointBinding(certificate.raw) };
}

function verification(target: UpstreamTarget): ConnectionOptions {
  const { host, sslmode, sslrootcert: pem } = target;
  // An address is no server name (RFC 6066, 3), but verify-full still compares it with the certificate's.
  const servername = isIP(host) === 0 ? host : '';
  if (sslmode === 'require' && pem === undefined)
    return { secureContext: upstreamContext('nobody'), servername, rejectUnauthorized: false };
  const secureContext = upstreamContext(pem === undefined ? 'runtime' : { pem });
  switch (sslmode) {
    case 'verify-full':
      return {
        secureContext,
        servername,
        checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
      };
    case 'verify-ca':
    // As libpq: with a root certificate at hand, require verifies as verify-ca does.
    case 'require':
      return { secureContext, servername, checkServerIdentity: () => undefined };
    case 'disable':
      throw new TypeError('sslmode disable has no TLS');
  }
}

function verified(secured: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    secured.once('secureConnect', resolve);
    secured.on('error', reject);
    secured.once('close', () => reject(new Error('connection closed during the TLS handshake')));
  });
}
